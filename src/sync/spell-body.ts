// Bodies of messages as TinyBase's synchronizers hand them to functions of an application: objects and arrays that are cells or values are
// spelt, and undefined is itself. Whoever turns messages into text spells all of it at once instead.

import {spellCell} from '../base/cell-text.ts';
import type {Cell} from '../base/content.ts';
import {type MapLeaf, mapTables, mapValues} from '../merge/mergeable-json.ts';
import {Message} from './messages.ts';

/** `answered` is what a response answers. What is not changed is shared. */
export const spellBody = (message: Message, body: unknown, answered?: Message): unknown => {
  if (message === Message.ContentDiff) {
    const [tables, values, ...rest] = body as readonly unknown[];
    return [mapTables(tables, spellLeaf), mapValues(values, spellLeaf), ...rest];
  }
  if (answered === Message.GetTableDiff || answered === Message.GetRowDiff) {
    const [tables, hashes] = body as readonly unknown[];
    return [mapTables(tables, spellLeaf), hashes];
  }
  return answered === Message.GetCellDiff
    ? mapTables(body, spellLeaf)
    : answered === Message.GetValueDiff
      ? mapValues(body, spellLeaf)
      : body;
};

const spellLeaf: MapLeaf = (leaf) =>
  typeof leaf[0] === 'object' && leaf[0] !== null ? [spellCell(leaf[0] as Cell), ...leaf.slice(1)] : leaf;
