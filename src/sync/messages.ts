// What synchronizers say to one another. Names, numbers and bodies are TinyBase's.

import type {Id, IdOrNull} from '../base/content.ts';

/** What a message is: a request, a response to one, or news that nobody asked for. */
export const Message = {
  /** Whatever the request wants. */
  Response: 0,
  /** Wants `[tablesHash, valuesHash]`; its body is `''`. */
  GetContentHashes: 1,
  /** News: `[tablesHash, valuesHash]`. */
  ContentHashes: 2,
  /** News: mergeable changes. */
  ContentDiff: 3,
  /** Tells hashes of tables, and wants `[newTables, hashesOfTablesThatDiffer]`. */
  GetTableDiff: 4,
  /** Tells hashes of the rows of tables that differ, and wants `[newRows, hashesOfRowsThatDiffer]`. */
  GetRowDiff: 5,
  /** Tells hashes of the cells of rows that differ, and wants the cells that differ. */
  GetCellDiff: 6,
  /** Tells hashes of values, and wants the values that differ. */
  GetValueDiff: 7,
} as const;
export type Message = (typeof Message)[keyof typeof Message];

/** Sends a message to a client, or to all (`null`). An answer is to bear the request's id. */
export type Send = (
  toClientId: IdOrNull,
  requestId: IdOrNull,
  message: Message,
  // biome-ignore lint/suspicious/noExplicitAny: as TinyBase declares it.
  body: any,
) => void;

/** Told of a message that came from a client. */
export type Receive = (
  fromClientId: Id,
  requestId: IdOrNull,
  message: Message,
  // biome-ignore lint/suspicious/noExplicitAny: as TinyBase declares it.
  body: any,
) => void;
