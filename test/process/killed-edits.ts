// The edits that the killed process makes, and what a store holds after each of them. Each edit is one transaction over
// two tables, a log that grows and is cut, and two values; the content after edit `k` depends on `k` alone.

import type {Content} from '../../src/base/content.ts';
import type {Store} from '../../src/entry/store.ts';

export const EDITED_TABLES = ['pets', 'owners', 'log'] as const;

const ROWS = 7;
const KEPT_LOG_ROWS = 3;

/** Makes edit `k`, which follows edit `k - 1`. */
export const edit = (store: Store, k: number): void => {
  store.transaction(() => {
    const rowId = String(k % ROWS);
    store.setCell('pets', rowId, 'edit', k);
    store.setPartialRow('owners', rowId, {edit: k, isEven: k % 2 === 0, tags: [k, null]});
    store.setRow('log', `edit${k}`, {text: `edit ${k}`.repeat(20)});
    store.delRow('log', `edit${k - KEPT_LOG_ROWS}`);
    store.setValues({edit: k, pair: {edit: k}});
  });
};

/** What a store holds after edits 1 to `k`. */
export const contentAfter = (k: number): Content => {
  const tables: Content[0] = {};
  const set = (tableId: string, rowId: string, row: Content[0][string][string]) => {
    tables[tableId] ??= {};
    tables[tableId][rowId] = row;
  };
  for (let each = Math.max(1, k - ROWS + 1); each <= k; each++) {
    set('pets', String(each % ROWS), {edit: each});
    set('owners', String(each % ROWS), {edit: each, isEven: each % 2 === 0, tags: [each, null]});
  }
  for (let each = Math.max(1, k - KEPT_LOG_ROWS + 1); each <= k; each++) {
    set('log', `edit${each}`, {text: `edit ${each}`.repeat(20)});
  }
  return [tables, k === 0 ? {} : {edit: k, pair: {edit: k}}];
};
