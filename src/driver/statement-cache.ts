// Keeps the statements that a database handle has prepared, the most recently used ones. Knows nothing of SQL.

const MAX_STATEMENTS = 64;

/**
 * `prepare`, which remembers what it prepared by its text. Where statements must be given back by hand, `release` does
 * that for each that is forgotten, and `clear` forgets all.
 */
export const cacheStatements = <Prepared>(
  prepare: (sql: string) => Prepared,
  release: (prepared: Prepared) => void = () => undefined,
): ((sql: string) => Prepared) & {clear(): void} => {
  const statements = new Map<string, Prepared>();
  const forget = (sql: string, prepared: Prepared): void => {
    statements.delete(sql);
    release(prepared);
  };
  const get = (sql: string): Prepared => {
    let prepared = statements.get(sql);
    if (prepared === undefined) {
      prepared = prepare(sql);
      if (statements.size >= MAX_STATEMENTS) {
        const [oldest] = statements;
        oldest && forget(...oldest);
      }
      statements.set(sql, prepared);
    }
    return prepared;
  };
  return Object.assign(get, {
    clear: () => {
      for (const [sql, prepared] of statements) {
        forget(sql, prepared);
      }
    },
  });
};
