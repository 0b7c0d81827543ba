// Rooms of clients of Holdfast and of the real TinyBase, on servers of either, which keep them or not: random edits, clients that go, come
// back, or go on as the other kind with the same file, and servers that start again. All come to hold the same, stamps and hashes included.
// HOLDFAST_RUNS says how many rooms.

import {DatabaseSync} from 'node:sqlite';
import {createMergeableStore as createTinyStore} from 'tinybase';
import {createFilePersister as createTinyFilePersister} from 'tinybase/persisters/persister-file';
import {createWsSynchronizer as createTinySynchronizer} from 'tinybase/synchronizers/synchronizer-ws-client';
import {createWsServer as createTinyServer} from 'tinybase/synchronizers/synchronizer-ws-server';
import {createWsServerSimple as createTinyServerSimple} from 'tinybase/synchronizers/synchronizer-ws-server-simple';
import {expect, test} from 'vitest';
import {WebSocket, WebSocketServer} from 'ws';
import {createMergeableStore, type MergeableStore} from '../../src/entry/index.ts';
import {createFilePersister} from '../../src/entry/persisters/persister-file.ts';
import {createSqliteNodePersister} from '../../src/entry/persisters/persister-sqlite-node.ts';
import {
  createReconnectingWebSocket,
  createWsSynchronizer,
} from '../../src/entry/synchronizers/synchronizer-ws-client.ts';
import {createWsServer} from '../../src/entry/synchronizers/synchronizer-ws-server.ts';
import {createWsServerSimple} from '../../src/entry/synchronizers/synchronizer-ws-server-simple.ts';
import {createFolder} from '../places/folder.ts';
import {createRandom, takeSeed} from '../places/random.ts';

const firstSeed = takeSeed('mixed rooms');
const RUNS = Number(process.env.HOLDFAST_RUNS ?? 2);

type Kind = 'holdfast' | 'tinybase';
/** What keeps the room on the server: nothing, a file, or rows of a database. */
type Keeping = 'nothing' | 'file' | 'rows';

interface AnyPersister {
  startAutoPersisting(): Promise<unknown>;
  save(): Promise<unknown>;
  destroy(): Promise<unknown>;
}
interface AnySynchronizer {
  startSync(): Promise<unknown>;
  load(): Promise<unknown>;
  save(): Promise<unknown>;
  destroy(): Promise<unknown>;
}

const newStore = (kind: Kind, id?: string): MergeableStore =>
  (kind === 'holdfast' ? createMergeableStore(id) : createTinyStore(id)) as MergeableStore;

// By a persister of TinyBase, whose automatic loads would go over what was set since it saved: it loads at the beginning alone. That there
// is no file yet it tells as an error.
const keepInTinyFile = (store: MergeableStore, path: string): AnyPersister => {
  const persister = createTinyFilePersister(store as never, path) as unknown as AnyPersister & {
    load(): Promise<unknown>;
    startAutoSave(): Promise<unknown>;
  };
  const kept = {
    ...persister,
    startAutoPersisting: async () => {
      await persister.load();
      await persister.startAutoSave();
      return kept;
    },
  };
  return kept;
};

const ROOMS: readonly (readonly [servers: readonly Kind[], Keeping, isSimple: boolean])[] = [
  [['holdfast'], 'nothing', false],
  [['holdfast'], 'file', false],
  [['holdfast'], 'rows', false],
  [['holdfast'], 'nothing', true],
  [['tinybase'], 'nothing', false],
  [['tinybase'], 'file', false],
  [['tinybase'], 'nothing', true],
  [['holdfast', 'tinybase'], 'file', false],
];

test.each(ROOMS)(
  '[SY1] clients of both kinds come to hold the same on servers of %s that keep the room in %s, simple ones: %s',
  async (...room) => {
    for (let run = 0; run < RUNS; run++) {
      await runRoom(room, firstSeed + run);
    }
  },
);

const runRoom = async ([serverKinds, keeping, isSimple]: (typeof ROOMS)[0], seed: number): Promise<void> => {
  const random = createRandom(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  const chance = (share: number): boolean => random() < share;
  const oneOf = <Thing>(things: readonly Thing[]): Thing => things[pick(things.length)] as Thing;
  const folder = createFolder();
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => {
    faults.push(error);
  };

  let startCount = 0;
  const serverKind = (): Kind => serverKinds[startCount % serverKinds.length] as Kind;
  let roomStore: MergeableStore | undefined;
  const db = new DatabaseSync(':memory:');
  const keep = (): AnyPersister | undefined => {
    if (keeping === 'nothing') {
      return undefined;
    }
    const store = newStore(serverKind());
    roomStore = store;
    return keeping === 'rows'
      ? createSqliteNodePersister(store, db, {mode: 'rows'}, undefined, onFault)
      : keepInFile(serverKind(), store, folder('room.json'));
  };
  const keepInFile = (kind: Kind, store: MergeableStore, path: string): AnyPersister =>
    kind === 'holdfast' ? createFilePersister(store, path, onFault) : keepInTinyFile(store, path);

  let url = '';
  let server: {destroy(): unknown} | undefined;
  const startServer = async (): Promise<void> => {
    const webSocketServer = new WebSocketServer({port: 0, host: '127.0.0.1'});
    await new Promise((resolve) => webSocketServer.once('listening', resolve));
    url = `ws://127.0.0.1:${(webSocketServer.address() as {port: number}).port}/room`;
    startCount++;
    const sockets = webSocketServer as never;
    if (serverKind() === 'holdfast') {
      server = isSimple
        ? createWsServerSimple(sockets)
        : createWsServer(sockets, keep as never, onFault, 0.2);
    } else {
      server = isSimple ? createTinyServerSimple(sockets) : createTinyServer(sockets, keep as never, onFault);
    }
  };

  const createClient = (index: number) => {
    let kind: Kind =
      index < 2 ? (['holdfast', 'tinybase'] as const)[index as 0] : oneOf(['holdfast', 'tinybase']);
    const hasFile = chance(0.5);
    const hasSchema = chance(0.3);
    const fragmentSize = chance(0.25) ? 60 : undefined;
    let isReconnecting = false;
    let persister: AnyPersister | undefined;
    let synchronizer: AnySynchronizer | undefined;
    const client = {
      store: undefined as unknown as MergeableStore,
      isReconnecting: () => isReconnecting,
      start: async (): Promise<void> => {
        client.store = newStore(kind, `client ${index}`);
        if (hasSchema) {
          client.store.setTablesSchema(SCHEMA);
        }
        if (hasFile) {
          const path = folder(`client ${index}.json`);
          persister = keepInFile(kind, client.store, path);
          await persister.startAutoPersisting();
        }
        await client.join();
      },
      join: async (): Promise<void> => {
        isReconnecting = kind === 'holdfast' && chance(0.5);
        const socket = isReconnecting
          ? createReconnectingWebSocket(() => url, {WebSocket: WebSocket as never, minDelayMs: 5})
          : (new WebSocket(url) as never);
        const create = (
          kind === 'holdfast' ? createWsSynchronizer : createTinySynchronizer
        ) as typeof createWsSynchronizer;
        synchronizer = await create(
          client.store,
          socket,
          0.2,
          undefined,
          undefined,
          () => undefined,
          fragmentSize,
        );
        await synchronizer.startSync();
      },
      leave: async (): Promise<void> => {
        await synchronizer?.destroy();
      },
      stop: async (): Promise<void> => {
        await client.leave();
        await persister?.save();
        await persister?.destroy();
      },
      /** Goes on as the other kind, where it has a file for both. */
      changeKind: (): void => {
        kind = kind === 'holdfast' ? 'tinybase' : 'holdfast';
      },
      hasFile,
      hasSchema,
      askAndTell: async (): Promise<void> => {
        await synchronizer?.load();
        await synchronizer?.save();
      },
    };
    return client;
  };

  const edit = (store: MergeableStore): void => {
    const [tableId, rowId, cellId] = [oneOf(TABLES), oneOf(ROWS), oneOf(CELLS)];
    switch (pick(9)) {
      case 0:
        store.delCell(tableId, rowId, cellId);
        break;
      case 1:
        store.delRow(tableId, rowId);
        break;
      case 2:
        chance(0.3) ? store.delTable(tableId) : store.setValue(cellId, oneOf(THINGS));
        break;
      case 3:
        store.delValue(cellId);
        break;
      case 4:
        store.setRow('typed', rowId, {number: pick(9), text: oneOf(ROWS), maybe: oneOf([null, true])});
        break;
      case 5:
        store.transaction(() => {
          for (let count = pick(5); count >= 0; count--) {
            store.setCell(oneOf(TABLES), oneOf(ROWS), oneOf(CELLS), oneOf(THINGS));
          }
        });
        break;
      default:
        store.setCell(tableId, rowId, cellId, oneOf(THINGS));
    }
  };

  await startServer();
  const clients = Array.from({length: 3 + pick(3)}, (_, index) => createClient(index));
  for (const client of clients) {
    await client.start();
    edit(client.store);
  }
  for (let step = 8 + pick(12); step > 0; step--) {
    const client = oneOf(clients);
    const lot = random();
    if (lot < 0.7) {
      edit(client.store);
    } else if (lot < 0.82) {
      await client.leave();
      // Both sides go on alone.
      for (const each of [client, oneOf(clients), client]) {
        edit(each.store);
      }
      await client.join();
    } else if (lot < 0.92) {
      if (client.hasFile) {
        await client.stop();
        chance(0.5) && client.changeKind();
        await client.start();
      }
    } else {
      const others = clients.filter((each) => !each.isReconnecting());
      await Promise.all(others.map((each) => each.leave()));
      await server?.destroy();
      await startServer();
      await Promise.all(others.map((each) => each.join()));
    }
    chance(0.5) && (await new Promise(setImmediate));
  }

  const stores = () => [...clients.map(({store}) => store), ...(roomStore === undefined ? [] : [roomStore])];
  const areEqual = (): boolean => new Set(stores().map(describeStore)).size === 1;
  await until(stores(), areEqual, 3_000);
  if (!areEqual()) {
    expect.fail(
      `seed ${seed}:\n${describeDifferences(stores()).join('\n')}\n${faults.map(String).join('\n')}`,
    );
  }
  const shown = clients.filter(({hasSchema}) => !hasSchema).map(({store}) => store.getContent());
  for (const content of shown) {
    expect(content).toEqual(shown[0]);
  }
  // Nobody else was there, or came just then.
  expect(faults.map(String).filter((fault) => !/Nobody answered|tinybase:3/.test(fault))).toEqual([]);
  for (const client of clients) {
    await client.stop();
  }
  await server?.destroy();
  db.close();
};

const TABLES = ['t', 'u', 'pets'];
const ROWS = ['a', 'b', ''];
const CELLS = ['x', 'y', 'toString'];
const THINGS = [0, -1.5e300, '', '\uFFEE "\n😀', true, false, null, {deep: [1, {b: null}]}, [], ['a', 1]];
// Of a store that has it, other tables are kept and handed on, and not shown.
const SCHEMA = {
  typed: {number: {type: 'number'}, text: {type: 'string'}, maybe: {type: 'boolean', allowNull: true}},
} as never;

/** All that a store says of itself, as text. */
const describeStore = (store: MergeableStore): string =>
  JSON.stringify(
    [
      store.getMergeableContent(),
      store.getMergeableContentHashes(),
      store.getTable('typed'),
      store.getValues(),
    ],
    (_key, part: unknown) =>
      typeof part === 'object' && part !== null && !Array.isArray(part)
        ? Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1))
        : part,
  );

/** Where stores differ from the first of them. */
const describeDifferences = (stores: readonly MergeableStore[]): string[] => {
  const [first = {}, ...others] = stores.map((store) => {
    const things: {[path: string]: string} = {};
    const [[tables, ...ofTables], [values, ...ofValues]] = store.getMergeableContent();
    const note = (path: unknown[], thing: unknown): void => {
      things[JSON.stringify(path)] = JSON.stringify(thing);
    };
    note(['tables'], ofTables);
    note(['values'], ofValues);
    note(['shown values'], store.getValues());
    for (const [valueId, value] of Object.entries(values)) note([valueId], value);
    for (const [tableId, [rows, ...ofTable]] of Object.entries(tables)) {
      note([tableId, 'table'], ofTable);
      for (const [rowId, [cells, ...ofRow]] of Object.entries(rows)) {
        note([tableId, rowId, 'row'], ofRow);
        for (const [cellId, cell] of Object.entries(cells)) note([tableId, rowId, cellId], cell);
      }
    }
    return things;
  });
  return others.flatMap((other, index) =>
    [...new Set([...Object.keys(first), ...Object.keys(other)])]
      .filter((path) => first[path] !== other[path])
      .map((path) => `0 and ${index + 1}: ${path} ${first[path]} ${other[path]}`),
  );
};

/** Waits until it is so, looking after each transaction of the stores. */
const until = (stores: readonly MergeableStore[], isSo: () => boolean, timeoutMs: number): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stores.forEach((store, index) => void store.delListener(listenerIds[index] as string));
      resolve();
    };
    const look = (): void => {
      isSo() && end();
    };
    const timer = setTimeout(end, timeoutMs);
    const listenerIds = stores.map((store) =>
      store.addDidFinishTransactionListener(() => setImmediate(look)),
    );
    look();
  });
