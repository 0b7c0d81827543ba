// What is sent to a database. Knows nothing of how.

/** What a parameter or a column can be. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** A row of a result, by column name. */
export type SqlRow = {readonly [columnName: string]: unknown};

/** One statement: SQL with placeholders, and the values for them, in order. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** The rows that it writes, for errors to name. */
  readonly about?: {readonly table: string; readonly rowIds: readonly string[]};
}

const NO_PARAMS: readonly SqlValue[] = [];

/** A statement of this SQL and these parameters. */
export const statement = (
  sql: string,
  params: readonly SqlValue[] = NO_PARAMS,
  about?: Statement['about'],
): Statement => (about === undefined ? {sql, params} : {sql, params, about});

/** Roughly how many bytes a statement sends; for statistics. Text counts a byte a character. */
export const measureStatement = ({sql, params}: Statement): number => {
  let bytes = sql.length;
  for (const param of params) {
    bytes += typeof param === 'string' ? param.length : param instanceof Uint8Array ? param.byteLength : 8;
  }
  return bytes;
};
