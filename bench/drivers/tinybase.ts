// tinybase@10.0.1 over the same databases, where it has the same binding, in its json mode: saving and loading, one edited
// cell until it is saved, and how long another handle's auto-loading store takes to hear of it.

import {DatabaseSync} from 'node:sqlite';
import BetterSqlite3 from 'better-sqlite3';
import {createStore} from 'tinybase';
import {createBetterSqlite3Persister} from 'tinybase/persisters/persister-better-sqlite3';
import {createPgPersister} from 'tinybase/persisters/persister-pg';
import {createPglitePersister} from 'tinybase/persisters/persister-pglite';
import {createPostgresPersister} from 'tinybase/persisters/persister-postgres';
import {createSqliteNodePersister} from 'tinybase/persisters/persister-sqlite-node';
import {openPglite, openPgPool, openPostgresSql} from './postgres.ts';

type Store = ReturnType<typeof createStore>;

interface Persister {
  save(): Promise<unknown>;
  load(): Promise<unknown>;
  startAutoLoad(): Promise<unknown>;
  destroy(): Promise<unknown>;
}

interface Opened {
  create(store: Store): Persister | Promise<Persister>;
  close(): unknown;
}

const OPENERS: {readonly [kindName: string]: (path: string) => Promise<Opened>} = {
  'better-sqlite3': async (path) => {
    const db = new BetterSqlite3(path);
    return {create: (store) => createBetterSqlite3Persister(store, db), close: () => db.close()};
  },
  'node:sqlite': async (path) => {
    const db = new DatabaseSync(path);
    return {create: (store) => createSqliteNodePersister(store, db), close: () => db.close()};
  },
  pg: async (path) => {
    const pool = await openPgPool(path);
    const client = await pool.connect();
    return {
      create: (store) => createPgPersister(store, client as never),
      close: async () => {
        client.release(true);
        await pool.end();
      },
    };
  },
  postgres: async (path) => {
    const sql = await openPostgresSql(path);
    return {create: (store) => createPostgresPersister(store, sql as never), close: () => sql.end()};
  },
  'pglite, in memory': async (path) => {
    const pglite = await openPglite(path);
    return {create: (store) => createPglitePersister(store, pglite as never), close: () => undefined};
  },
};

const EDITS = 15;
const FEEDS = 5;

/** Undefined where tinybase has no such binding. */
export const measureTinyBase = async (
  kindName: string,
  path: string,
  rows: object,
  {
    median,
    timeMs,
  }: {median(figures: readonly number[]): number; timeMs(work: () => Promise<unknown>): Promise<number>},
): Promise<{saveMs: number; loadMs: number; editMs: number; feedMs: number} | undefined> => {
  const open = OPENERS[kindName];
  if (open === undefined) {
    return undefined;
  }
  const [one, other] = [await open(path), await open(path)];
  const store = createStore().setTable('t', rows as never);
  const saving = await one.create(store);
  const saveMs = await timeMs(() => saving.save());
  const otherStore = createStore();
  const listening = await other.create(otherStore);
  const loadMs = await timeMs(() => listening.load());
  const edits: number[] = [];
  for (let edit = 0; edit < EDITS; edit++) {
    edits.push(
      await timeMs(() => {
        store.setCell('t', `row${edit}`, 'count', edit + 0.5);
        return saving.save();
      }),
    );
  }
  await listening.startAutoLoad();
  const feeds: number[] = [];
  for (let feed = 0; feed < FEEDS; feed++) {
    const hears = new Promise<void>((resolve) => {
      const listenerId = otherStore.addCellListener('t', 'row7', 'count', () => {
        otherStore.delListener(listenerId);
        resolve();
      });
    });
    store.setCell('t', 'row7', 'count', -feed - 1);
    await saving.save();
    feeds.push(await timeMs(() => hears));
  }
  await listening.destroy();
  await saving.destroy();
  await one.close();
  await other.close();
  return {saveMs, loadMs, editMs: median(edits), feedMs: median(feeds)};
};
