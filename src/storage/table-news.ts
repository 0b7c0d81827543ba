// What a database tells of writes to one table, as it is gathered until it is read. Knows the words, and no database.

/** Rows by their keys, each with the ids of the transactions that wrote it; or any row may have changed. */
export type TableNews = 'any' | ReadonlyMap<string, ReadonlySet<string>>;

export type News = 'none' | 'any' | Map<string, Set<string>>;

/** A word of a table that was written to, or of a listener to itself. */
interface Told {
  readonly listener?: string;
  /** The table's name with its schema's. */
  readonly table?: string;
  /** The transaction that wrote. */
  readonly by?: string;
  /** The column that `rows` are keys of; without them, any row may have changed. */
  readonly key?: string;
  readonly rows?: readonly (string | null)[];
}

/** Undefined for somebody else's word: anything may have changed, then. */
export const parseTold = (text: string): Told | undefined => {
  try {
    const told = JSON.parse(text) as unknown;
    return typeof told === 'object' && told !== null ? told : undefined;
  } catch {
    // Not of our making.
    return undefined;
  }
};

/** The news with what was told of the table, whose rows are known by this column. */
export const addTold = (news: News, told: Told | undefined, keyColumnName: string | undefined): News => {
  // Rows by another column are told of by another word.
  if (told?.key !== undefined && told.key !== keyColumnName) {
    return news;
  }
  if (told?.rows === undefined) {
    return 'any';
  }
  const by = new Set(told.by === undefined ? [] : [told.by]);
  return mergeNews(news, new Map(told.rows.flatMap((row) => (row === null ? [] : [[row, by] as const]))));
};

export const mergeNews = (one: News, other: News): News => {
  if (one === 'none' || other === 'none') {
    return one === 'none' ? other : one;
  }
  if (one === 'any' || other === 'any') {
    return 'any';
  }
  for (const [row, ids] of other) {
    one.set(row, new Set([...(one.get(row) ?? []), ...ids]));
  }
  return one;
};
