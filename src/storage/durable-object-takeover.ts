// Reads what TinyBase has stored in the key-value storage of a Durable Object: a key a cell, with clocks and hashes. Nothing is
// written to its keys.

import {unspellCell} from '../base/cell-text.ts';
import {emptyObject} from '../base/changes.ts';
import type {CellOrUndefined, Content, Id, Row} from '../base/content.ts';
import {escapeId, stampCell} from '../merge/stamped-cells.ts';
import {type DurableObjectKeys, listAll} from './durable-object-keys.ts';

/** What TinyBase has stored under the prefix; undefined where that is nothing. */
export const readTinyBase = (keys: DurableObjectKeys, prefix: string): Promise<Content | undefined> =>
  // A deleted cell is undefined there.
  readCells(keys, prefix, {
    idOf: asItIs,
    cellOf: ([cell]) => (cell === undefined ? undefined : unspellCell(cell)),
  });

/** The same as texts with stamps, deleted cells included. */
export const readStampedTinyBase = (keys: DurableObjectKeys, prefix: string): Promise<Content | undefined> =>
  readCells(keys, prefix, {
    idOf: escapeId,
    cellOf: ([cell, hlc]) => stampCell(cell as CellOrUndefined, typeof hlc === 'string' ? hlc : ''),
  });

/** How what is stored of a cell becomes one. */
interface Reading {
  readonly idOf: (id: Id) => Id;
  readonly cellOf: (stored: readonly unknown[]) => CellOrUndefined;
}

const asItIs = (id: Id): Id => id;

const readCells = async (
  keys: DurableObjectKeys,
  prefix: string,
  {idOf, cellOf}: Reading,
): Promise<Content | undefined> => {
  const found = new Map([...(await listAll(keys, `${prefix}t`)), ...(await listAll(keys, `${prefix}v`))]);
  if (!found.has(`${prefix}t`) || !found.has(`${prefix}v`)) {
    return undefined;
  }
  const content: Content = [emptyObject(), emptyObject()];
  for (const [key, stored] of found) {
    const ids = parseIds(key.slice(prefix.length + 1))?.map(idOf);
    const isCell = ids !== undefined && ids.length === (key[prefix.length] === 'v' ? 1 : 3);
    const cell = isCell && Array.isArray(stored) ? cellOf(stored) : undefined;
    if (cell === undefined || ids === undefined) {
      continue;
    }
    if (key[prefix.length] === 'v' && ids.length === 1) {
      content[1][ids[0] as Id] = cell;
    } else if (key[prefix.length] === 't' && ids.length === 3) {
      const [tableId, rowId, cellId] = ids as [Id, Id, Id];
      const table = content[0][tableId] ?? emptyObject();
      const row = table[rowId] ?? emptyObject<Row>();
      row[cellId] = cell;
      table[rowId] = row;
      content[0][tableId] = table;
    }
  }
  return content;
};

// Ids as TinyBase spells them in a key: JSON strings between commas. Other keys that begin alike are somebody else's.
const parseIds = (text: string): readonly Id[] | undefined => {
  try {
    const ids: unknown = JSON.parse(`[${text}]`);
    return Array.isArray(ids) && ids.every((id) => typeof id === 'string') ? ids : undefined;
  } catch {
    // Not a key of TinyBase's.
    return undefined;
  }
};
