// A storage that keeps a store in the key-value storage of a Durable Object: a key a row, and one a value.
//
//   <prefix>holdfast/                     there is something
//   <prefix>holdfast/r["pets","fido"]     [1, '{"species":"dog"}']      the number keeps the order in which rows were added
//   <prefix>holdfast/v"open"              [2, 'true']
//   <prefix>holdfast!…                    what could not be read
//
// An edit is merged into the stored row inside one transaction of the host. What TinyBase has stored under the prefix (a key
// a cell, with clocks and hashes) is taken over where nothing of this is there; its keys stay.

import {stringifyJson} from '../base/cell-text.ts';
import {emptyObject, isReplacement, noChanges} from '../base/changes.ts';
import type {Cell, Changes, Content, Id, Row, RowChanges} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import {
  cut,
  type DurableObjectKeyStorage,
  type DurableObjectKeys,
  deleteAll,
  listAll,
  putAll,
} from './durable-object-keys.ts';
import {readTinyBase} from './durable-object-takeover.ts';
import {mergeCells} from './indexed-db-packs.ts';
import {onlyDeletions} from './indexed-db-writer.ts';
import type {OutsideListener, ProgressListener, Storage, StoredContent, Write} from './storage.ts';

type Stored = readonly [n: number, text: string];

export const createDurableObjectStorage = (
  storage: DurableObjectKeyStorage,
  prefix: string,
  ports: Ports = hostPorts,
): Storage => {
  const root = `${prefix}holdfast/`;
  const aside = `${prefix}holdfast!`;
  const rowKey = (tableId: Id, rowId: Id) => `${root}r${JSON.stringify([tableId, rowId])}`;
  const valueKey = (valueId: Id) => `${root}v${JSON.stringify(valueId)}`;
  const own: {listeners: Set<OutsideListener>} = {listeners: new Set()};
  const neighbours = neighboursOf(storage);
  let lastNumber = 0;

  const nextNumber = (): number => {
    lastNumber = Math.max(lastNumber + 1, ports.now() * 1_024);
    return lastNumber;
  };

  const isThere = async (keys: DurableObjectKeys): Promise<boolean> => (await keys.get([root])).has(root);

  const read = async (onProgress: ProgressListener): Promise<StoredContent | undefined> => {
    if (!(await isThere(storage))) {
      const content = await readTinyBase(storage, prefix);
      return content === undefined ? undefined : {content};
    }
    const entries = [...(await listAll(storage, root, (count) => onProgress(count, undefined)))].filter(
      ([key]) => key !== root,
    );
    const content: Content = [emptyObject(), emptyObject()];
    const damaged: [string, unknown][] = [];
    for (const [key, stored] of entries.sort(([, one], [, other]) => numberOf(one) - numberOf(other))) {
      addEntry(content, key.slice(root.length), stored) || damaged.push([key, stored]);
    }
    return damaged.length === 0 ? {content} : {content, fault: await quarantine(damaged)};
  };

  const toldOf = (keyCount: number): Error =>
    new HoldfastError(
      'storage/unreadable',
      `${keyCount} of the keys that begin with "${root}" hold neither a row nor a value; they begin with "${aside}" now, and the rest was read.`,
      {prefix: root, quarantine: aside, keyCount},
    );

  const quarantine = async (damaged: readonly [string, unknown][]): Promise<Error> => {
    await storage.transaction(async (keys) => {
      await putAll(
        keys,
        damaged.map(([key, stored]) => [aside + key.slice(root.length), stored]),
      );
      await deleteAll(
        keys,
        damaged.map(([key]) => key),
      );
    });
    return toldOf(damaged.length);
  };

  // Stores the rows and values that changes name, merged into what is stored; a row that is not there comes back whole.
  // Resolves with the keys whose damaged content was put aside.
  const writeChanges = async (
    keys: DurableObjectKeys,
    [tables, values]: Changes,
    rowOf: (tableId: Id, rowId: Id) => Row,
  ): Promise<string[]> => {
    // By key, the text to store in place of a text; undefined: nothing.
    const edits = new Map<string, (before: string | undefined) => string | undefined>();
    for (const tableId of Object.keys(tables)) {
      for (const rowId of Object.keys(tables[tableId] ?? {})) {
        const changes = tables[tableId]?.[rowId];
        const row = changes === undefined ? undefined : rowOf(tableId, rowId);
        edits.set(rowKey(tableId, rowId), (before) => editRow(before, changes, row));
      }
    }
    for (const valueId of Object.keys(values)) {
      const value = values[valueId];
      edits.set(valueKey(valueId), () => (value === undefined ? undefined : stringifyJson(value)));
    }
    const damaged: string[] = [];
    for (const some of cut([...edits])) {
      const stored = await keys.get(some.map(([key]) => key));
      const put: [string, Stored][] = [];
      const deleted: string[] = [];
      for (const [key, edit] of some) {
        if (stored.has(key) && !addEntry([{}, {}], key.slice(root.length), stored.get(key))) {
          put.push([aside + key.slice(root.length), stored.get(key) as Stored]);
          damaged.push(key);
          stored.delete(key);
        }
        const [n, before] = (stored.get(key) as Stored | undefined) ?? [nextNumber(), undefined];
        const text = edit(before);
        text === undefined ? deleted.push(key) : put.push([key, [n, text]]);
      }
      await deleteAll(keys, deleted);
      await putAll(keys, put);
    }
    return damaged;
  };

  const writeWhole = (keys: DurableObjectKeys, [tables, values]: Content): Promise<string[]> =>
    writeChanges(keys, [tables, values, 1], (tableId, rowId) => tables[tableId]?.[rowId] ?? {});

  const write = async ({changes, since, store, onFault}: Write): Promise<'stored'> => {
    try {
      const damaged = await storage.transaction(async (keys) => {
        if (!(await isThere(keys))) {
          await writeWhole(keys, (await readTinyBase(keys, prefix)) ?? [{}, {}]);
          await keys.put({[root]: 1});
        }
        if (changes !== undefined) {
          return writeChanges(keys, changes, (tableId, rowId) => store.getRow(tableId, rowId));
        }
        const found = await writeWhole(keys, store.getContent());
        await writeChanges(keys, onlyDeletions(since ?? noChanges()), () => emptyObject());
        return found;
      });
      await storage.sync();
      damaged.length > 0 && onFault(toldOf(damaged.length));
    } catch (error) {
      throw wrapFault(error);
    }
    for (const neighbour of neighbours) {
      for (const listener of neighbour === own ? [] : neighbour.listeners) {
        listener();
      }
    }
    return 'stored';
  };

  return {
    read,
    write,
    // Nobody but the object itself reaches its storage: whoever writes there tells.
    watch: async (listener) => {
      own.listeners.add(listener);
      neighbours.add(own);
      return () => {
        own.listeners.delete(listener);
      };
    },
    close: async () => {
      neighbours.delete(own);
    },
  };
};

// All that keep stores in one object's storage.
const neighbourhoods = new WeakMap<object, Set<{readonly listeners: ReadonlySet<OutsideListener>}>>();

const neighboursOf = (storage: object): Set<{readonly listeners: ReadonlySet<OutsideListener>}> => {
  const neighbours = neighbourhoods.get(storage) ?? new Set();
  neighbourhoods.set(storage, neighbours);
  return neighbours;
};

const numberOf = (stored: unknown): number => (Array.isArray(stored) ? Number(stored[0]) : 0);

const editRow = (
  before: string | undefined,
  changes: RowChanges | undefined,
  row: Row | undefined,
): string | undefined => {
  if (changes === undefined) {
    return undefined;
  }
  const stored = before === undefined || isReplacement(changes) ? undefined : parseRow(before);
  const edited = stored === undefined ? row : mergeCells(stored, changes);
  return edited === undefined ? undefined : stringifyJson(edited);
};

const parseRow = (text: string): Row | undefined => {
  const row: unknown = JSON.parse(text);
  return typeof row === 'object' && row !== null && !Array.isArray(row) ? (row as Row) : undefined;
};

// Adds what a key says to the content; returns whether that could be read.
const addEntry = ([tables, values]: Content, name: string, stored: unknown): boolean => {
  try {
    const text = (stored as Stored)[1];
    if (name.startsWith('v')) {
      values[JSON.parse(name.slice(1)) as Id] = JSON.parse(text) as Cell;
      return true;
    }
    const [tableId, rowId] = JSON.parse(name.slice(1)) as [Id, Id];
    const row = parseRow(text);
    if (row === undefined) {
      return false;
    }
    const table = tables[tableId] ?? emptyObject();
    table[rowId] = row;
    tables[tableId] = table;
    return true;
  } catch {
    // Told of by the caller.
    return false;
  }
};

const wrapFault = (error: unknown): unknown => {
  if (!(error instanceof Error) || !/larger than|too large|exceed|too big/i.test(error.message)) {
    return error;
  }
  return new HoldfastError(
    'driver/too-large',
    `The storage of the Durable Object refused a row, a value or a key: ${error.message}. Store less in one.`,
    {},
    error,
  );
};
