// Keeps the statements that a database handle has prepared, the most recently used ones. Knows nothing of SQL.

const MAX_STATEMENTS = 64;

/** `prepare`, which remembers what it prepared by its text. */
export const cacheStatements = <Prepared>(
  prepare: (sql: string) => Prepared,
): ((sql: string) => Prepared) => {
  const statements = new Map<string, Prepared>();
  return (sql) => {
    let prepared = statements.get(sql);
    if (prepared === undefined) {
      prepared = prepare(sql);
      if (statements.size >= MAX_STATEMENTS) {
        statements.delete(statements.keys().next().value as string);
      }
      statements.set(sql, prepared);
    }
    return prepared;
  };
};
