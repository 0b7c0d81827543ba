// How names and texts are spelt in PostgreSQL's SQL. Knows no statements.

/** Advisory locks are told apart by two numbers: this one is the package's. */
export const LOCKS = 1_751_477_095;

/** A name in quotes. */
export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * A table's name as an application gives it: `pets`, or `shop.pets` for a table of another schema. A name in quotes is one of
 * a table whose name has a dot: `"v1.pets"`, `shop."v1.pets"`.
 */
export const splitName = (name: string): {readonly schema: string | undefined; readonly table: string} => {
  const [, schema, table] = QUALIFIED.exec(name) ?? [];
  return schema === undefined || table === undefined
    ? {schema: undefined, table: QUOTED_WITH_DOT.test(name) ? unquote(name) : name}
    : {schema: unquote(schema), table: unquote(table)};
};

/** The name of a table, with its schema's where it has one, in quotes. */
export const quoteTable = (name: string): string => {
  const {schema, table} = splitName(name);
  return schema === undefined ? quote(table) : `${quote(schema)}.${quote(table)}`;
};

/** Text between marks that do not occur in it stands as it is. */
export const dollarQuote = (text: string): string => {
  let mark = '$holdfast$';
  for (let count = 0; text.includes(mark); count++) {
    mark = `$holdfast${count}$`;
  }
  return mark + text + mark;
};

/** Statements of PL/pgSQL as one statement. */
export const inBlock = (body: string, declarations = ''): string =>
  `DO ${dollarQuote(`${declarations === '' ? '' : `DECLARE ${declarations} `}BEGIN ${body} END`)}`;

// Two parts, each in quotes or plain. Anything else with dots, quotes or spaces is one plain name.
const PART = String.raw`("(?:[^"]|"")+"|[^".\s]+)`;
const QUALIFIED = new RegExp(String.raw`^${PART}\.${PART}$`);
const QUOTED_WITH_DOT = /^"(?:[^"]|"")*\.(?:[^"]|"")*"$/;

const unquote = (part: string): string =>
  part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part;
