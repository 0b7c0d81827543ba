// Edits of cities, and what each of them cost.

/** Counts the statements that a persister sends, and their bytes: SQL text and parameters. */
export const countSql = () => {
  let statements = 0;
  let bytes = 0;
  return {
    onSqlCommand: (sql, params = []) => {
      statements++;
      bytes += Buffer.byteLength(sql);
      for (const param of params) {
        bytes += typeof param === 'string' ? Buffer.byteLength(param) : 8;
      }
    },
    /** What was counted since the last time. */
    take: () => {
      const counted = {statements, bytes};
      statements = 0;
      bytes = 0;
      return counted;
    },
  };
};

/** Edits the five largest cities, one at a time, each until it is durable. */
export const editCities = async (store, persister, sql) => {
  const costs = [];
  for (const rowId of store.getSortedRowIds('cities', 'population', true, 0, 5)) {
    const {name, population} = store.getRow('cities', rowId);
    sql.take();
    const startMs = performance.now();
    store.setCell('cities', rowId, 'population', population + 1);
    await durable(persister);
    const ms = performance.now() - startMs;
    costs.push({what: `${name}: population ${(population + 1).toLocaleString('en')}`, ms, ...sql.take()});
  }
  return costs;
};

/** Resolves when all edits are durable, and rejects when saving them fails for now: a demo need not wait. */
const durable = async (persister) => {
  let listenerId;
  const failing = new Promise((_resolve, reject) => {
    listenerId = persister.addDurabilityListener((_persister, {state, error}) => {
      state === 'failing' && reject(error);
    });
  });
  try {
    await Promise.race([persister.whenDurable(), failing]);
  } finally {
    persister.delListener(listenerId);
  }
};
