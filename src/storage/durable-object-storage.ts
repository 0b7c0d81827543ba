// A storage that keeps a store in the key-value storage of a Durable Object: a key a row, and one a value.
//
//   <prefix>holdfast/                     1: there is something; 2: that of a mergeable store, whose cells are texts with stamps
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
import {mergeStampedRows, stampPlainContent} from '../merge/stamped-cells.ts';
import {
  cut,
  type DurableObjectKeyStorage,
  type DurableObjectKeys,
  deleteAll,
  listAll,
  putAll,
} from './durable-object-keys.ts';
import {readStampedTinyBase, readTinyBase} from './durable-object-takeover.ts';
import {mergeCells} from './indexed-db-packs.ts';
import {onlyDeletions} from './indexed-db-writer.ts';
import type {OutsideListener, ProgressListener, Storage, StoredContent, Write} from './storage.ts';

type Stored = readonly [n: number, text: string];

export const createDurableObjectStorage = (
  storage: DurableObjectKeyStorage,
  prefix: string,
  ports: Ports = hostPorts,
): Storage => ({
  ...createStorage(storage, prefix, {ports, isStamped: false}),
  forMergeable: () => createStorage(storage, prefix, {ports, isStamped: true}),
});

/** What the key says that stands for all: which kind of store there is. */
const PLAIN = 1;
const MERGEABLE = 2;

const createStorage = (
  storage: DurableObjectKeyStorage,
  prefix: string,
  {ports, isStamped}: {readonly ports: Ports; readonly isStamped: boolean},
): Storage => {
  const readTheirs = isStamped ? readStampedTinyBase : readTinyBase;
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

  // Which kind of store is there, if one is that can be kept here.
  const kindOf = async (keys: DurableObjectKeys): Promise<unknown> => {
    const kind = (await keys.get([root])).get(root);
    if (kind === MERGEABLE && !isStamped) {
      throw new HoldfastError(
        'storage/wrong-kind',
        `The keys that begin with "${root}" hold a mergeable store, and a plain one would lose its stamps: make the store with ` +
          'createMergeableStore, or give another prefix. Nothing was written.',
        {prefix: root},
      );
    }
    return kind;
  };

  const read = async (onProgress: ProgressListener): Promise<StoredContent | undefined> => {
    const kind = await kindOf(storage);
    if (kind === undefined) {
      const content = await readTheirs(storage, prefix);
      return content === undefined ? undefined : {content};
    }
    const {content, damaged} = await readEntries(storage, onProgress);
    return {
      content: isStamped && kind === PLAIN ? stampPlainContent(content) : content,
      ...(damaged.length === 0 ? {} : {fault: await quarantine(damaged)}),
    };
  };

  const readEntries = async (
    keys: DurableObjectKeys,
    onProgress: ProgressListener,
  ): Promise<{content: Content; damaged: readonly [string, unknown][]; keys: readonly string[]}> => {
    const entries = [...(await listAll(keys, root, (count) => onProgress(count, undefined)))].filter(
      ([key]) => key !== root,
    );
    const content: Content = [emptyObject(), emptyObject()];
    const damaged: [string, unknown][] = [];
    for (const [key, stored] of entries.sort(([, one], [, other]) => numberOf(one) - numberOf(other))) {
      addEntry(content, key.slice(root.length), stored) || damaged.push([key, stored]);
    }
    return {content, damaged, keys: entries.map(([key]) => key)};
  };

  const toldOf = (keyCount: number): Error =>
    new HoldfastError(
      'storage/unreadable',
      `${keyCount} of the keys that begin with "${root}" hold neither a row nor a value; they begin with "${aside}" now, and the rest was read.`,
      {prefix: root, quarantine: aside, keyCount},
    );

  const quarantine = async (damaged: readonly [string, unknown][]): Promise<Error> => {
    await storage.transaction((keys) => moveAside(keys, damaged));
    return toldOf(damaged.length);
  };

  const moveAside = async (
    keys: DurableObjectKeys,
    damaged: readonly (readonly [string, unknown])[],
  ): Promise<void> => {
    await putAll(
      keys,
      damaged.map(([key, stored]) => [aside + key.slice(root.length), stored]),
    );
    await deleteAll(
      keys,
      damaged.map(([key]) => key),
    );
  };

  // Takes over what is there of another kind; resolves with the keys whose damaged content was put aside.
  const prepare = async (keys: DurableObjectKeys): Promise<string[]> => {
    const kind = await kindOf(keys);
    if (kind === (isStamped ? MERGEABLE : PLAIN)) {
      return [];
    }
    const found = kind === undefined ? undefined : await readEntries(keys, () => undefined);
    const content = found === undefined ? await readTheirs(keys, prefix) : stampPlainContent(found.content);
    if (found !== undefined) {
      await moveAside(keys, found.damaged);
      await deleteAll(keys, found.keys);
    }
    await writeWhole(keys, content ?? [{}, {}]);
    await keys.put({[root]: isStamped ? MERGEABLE : PLAIN});
    return found?.damaged.map(([key]) => key) ?? [];
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
        const row = isStamped || changes === undefined ? undefined : rowOf(tableId, rowId);
        edits.set(rowKey(tableId, rowId), (before) =>
          isStamped ? mergeRow(before, changes) : editRow(before, changes, row),
        );
      }
    }
    for (const valueId of Object.keys(values)) {
      const value = values[valueId];
      edits.set(valueKey(valueId), (before) =>
        value === undefined
          ? undefined
          : isStamped
            ? mergeValue(before, value as string)
            : stringifyJson(value),
      );
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
        const before = await prepare(keys);
        if (changes !== undefined) {
          const rowOf = (tableId: Id, rowId: Id) => store.getRow(tableId, rowId);
          return [...before, ...(await writeChanges(keys, changes, rowOf))];
        }
        const found = [...before, ...(await writeWhole(keys, store.getContent()))];
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
    ...(isStamped ? {hasStampedCells: true} : {}),
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

// Of each cell the greater text stays.
const mergeRow = (before: string | undefined, changes: RowChanges = {}): string =>
  stringifyJson(mergeStampedRows((before === undefined ? undefined : parseRow(before)) ?? {}, changes));

const mergeValue = (before: string | undefined, text: string): string => {
  const stored: unknown = before === undefined ? undefined : JSON.parse(before);
  return stringifyJson(typeof stored === 'string' && stored > text ? stored : text);
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
