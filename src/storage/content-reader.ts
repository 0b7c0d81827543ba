// A plain content, read the way a storage reads a store. Knows nothing of storages.

import type {Content} from '../base/content.ts';
import type {StoreReader} from './storage.ts';

export const readerOf = ([tables, values]: Content): StoreReader => ({
  getContent: () => [tables, values],
  getTableIds: () => Object.keys(tables),
  getRowIds: (tableId) => Object.keys(tables[tableId] ?? {}),
  getRow: (tableId, rowId) => tables[tableId]?.[rowId] ?? {},
  getRowCount: (tableId) => Object.keys(tables[tableId] ?? {}).length,
  getTableCellIds: (tableId) => [
    ...new Set(Object.values(tables[tableId] ?? {}).flatMap((row) => Object.keys(row))),
  ],
  getValues: () => values,
});
