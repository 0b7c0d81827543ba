// A persister over a driver that fails when it is told to, on a clock that stands still, and what is stored meanwhile.

import type {Content} from '../../src/base/content.ts';
import {createFakePorts, type FakePorts} from '../../src/base/ports.fake.ts';
import {type Fault, type FaultyDriver, faultyDriver, sqliteFaults} from '../../src/driver/faulty-driver.ts';
import {createStore} from '../../src/entry/store.ts';
import {createDatabasePersister} from '../../src/persister/database-persister.ts';
import type {AnyPersister} from '../../src/persister/persister.ts';
import type {Store} from '../../src/store/store.ts';
import {exactText} from '../../src/testing/exact-text.ts';
import {createDatabasePlace, type DatabaseKind} from '../contract/databases.ts';
import {configOf, type LayoutName} from '../contract/storages.ts';

export interface FaultyPersister {
  readonly store: Store;
  readonly persister: AnyPersister;
  readonly faulty: FaultyDriver;
  readonly ports: FakePorts;
  /** Ends as a killed process does: nothing is stored any more, and the handle is gone. */
  kill(): Promise<void>;
}

export interface Bench {
  open(): Promise<FaultyPersister>;
  /** The text of what a fresh persister finds over a handle of its own. */
  stored(): Promise<string>;
}

const TABLE_IDS = ['pets', 'shops', 'owners'];

/** Runs a test with a database of its own. */
export const withBench = async (
  kind: DatabaseKind,
  layoutName: LayoutName,
  body: (bench: Bench) => Promise<void>,
): Promise<void> => {
  const place = createDatabasePlace(kind);
  const open = async (): Promise<FaultyPersister> => {
    const database = await place.open();
    // What a power cut would need is not tested here, and costs most of the time.
    await database.driver.query({sql: 'PRAGMA synchronous = OFF', params: []});
    await database.driver.query({sql: 'PRAGMA busy_timeout = 0', params: []});
    const faulty = faultyDriver(database.driver);
    const ports = createFakePorts();
    const store = createStore();
    const configOrStoreTableName = configOf(layoutName, TABLE_IDS);
    const persister = createDatabasePersister(store, faulty.driver, {configOrStoreTableName, ports}, {});
    return {
      store,
      persister,
      faulty,
      ports,
      kill: async () => {
        const dead = () => new Error('killed');
        faulty.plan(1, {kind: 'fail', when: 'before', error: dead}, Number.POSITIVE_INFINITY);
        await ports.settle();
        await database.close();
      },
    };
  };
  const opened: FaultyPersister[] = [];
  try {
    await body({
      open: async () => {
        const fresh = await open();
        opened.push(fresh);
        return fresh;
      },
      stored: async () => {
        const {store, persister, ports} = await open();
        await ports.until(persister.load());
        await ports.until(persister.destroy());
        return exactText(store.getContent());
      },
    });
  } finally {
    for (const {persister, faulty, ports} of opened) {
      faulty.clear();
      await ports.until(persister.destroy().catch(() => undefined)).catch(() => undefined);
    }
    await place.remove();
  }
};

/** What is stored before the saves that are disturbed. */
export const BEFORE: Content = [
  {
    pets: {
      fido: {species: 'dog', sold: false, age: 3},
      felix: {species: 'cat', sold: false},
      polly: {species: 'parrot'},
    },
    shops: {north: {city: 'Oslo'}},
  },
  {open: true, motto: 'all pets'},
];

/** One transaction across tables and values: edits, deletions, a new table, new cells, and a row set anew. */
export const changeMuch = (store: Store): void => {
  store.transaction(() => {
    store.setCell('pets', 'fido', 'sold', true).setCell('pets', 'fido', 'colour', 'brown');
    store.delCell('pets', 'fido', 'age').delRow('pets', 'felix').setRow('pets', 'rex', {species: 'dog'});
    store.setRow('owners', 'ann', {name: 'Ann', tags: ['new', {since: 2024}]});
    store.delTable('shops').setValue('open', false).delValue('motto').setValue('since', 1999);
  });
  store.delRow('pets', 'polly');
  store.setRow('pets', 'polly', {name: 'Polly'});
};

/** Edits on top of those, while a save of them is failing. */
export const changeMore = (store: Store): void => {
  store.transaction(() => {
    store.setCell('pets', 'fido', 'sold', false).delRow('pets', 'rex').delCell('owners', 'ann', 'tags');
    store.setRow('shops', 'south', {city: 'Rome'}).delValue('since').setValue('open', null);
  });
};

const fail = (when: 'before' | 'after', error: () => unknown): Fault => ({kind: 'fail', when, error});

export const FAULTS: readonly Fault[] = [
  fail('before', sqliteFaults.full),
  fail('before', sqliteFaults.io),
  fail('before', sqliteFaults.busy),
  // The statement took effect, and its answer got lost.
  fail('after', sqliteFaults.io),
];

/** Where calls return at once, only what reaches the disk can be told to have failed though it took effect. */
export const possibleFault = (faulty: FaultyDriver, fault: Fault): Fault =>
  faulty.driver.kind === 'host' && fault.kind === 'fail' && fault.when === 'after'
    ? {
        kind: 'call',
        when: 'after',
        run: () => {
          if (!faulty.calls().at(-1)?.startsWith('BEGIN')) {
            throw sqliteFaults.io();
          }
        },
      }
    : fault;

export const nameOf = (fault: Fault): string =>
  fault.kind === 'fail' ? `${String(fault.error())} ${fault.when} it ran` : fault.kind;

/** Disturbs some work at every call in turn, until there is none so late; returns how many there were. */
export const disturbEveryCall = async (
  name: string,
  run: (atCall: number) => Promise<{readonly hasStruck: boolean}>,
): Promise<number> => {
  for (let atCall = 1; ; atCall++) {
    try {
      if (!(await run(atCall)).hasStruck) {
        return atCall - 1;
      }
    } catch (error) {
      throw new Error(`${name} at call ${atCall}: ${(error as Error).message}`, {cause: error});
    }
  }
};

/** A persister that has loaded `BEFORE`, which another one stored. */
export const openBefore = async (bench: Bench): Promise<FaultyPersister> => {
  await storeBefore(bench);
  const opened = await bench.open();
  await opened.ports.until(opened.persister.load());
  return opened;
};

export const storeBefore = async (bench: Bench): Promise<FaultyPersister> => {
  const writer = await bench.open();
  writer.store.setContent(BEFORE);
  await writer.ports.until(writer.persister.save());
  return writer;
};
