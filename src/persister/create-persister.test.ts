import {createStore as createTinybaseStore} from 'tinybase';
import {describe, expect, test} from 'vitest';
import type {Changes, Content} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {createFakePorts} from '../base/ports.fake.ts';
import {createScriptedStorage} from '../storage/scripted-storage.fake.ts';
import {createStore} from '../store/create-store.ts';
import {createPersister} from './create-persister.ts';
import type {PersistableStore} from './persistable-store.ts';
import {type Durability, Status} from './persister.ts';

const PETS: Content = [{pets: {fido: {species: 'dog', sold: false}, felix: {species: 'cat'}}}, {open: true}];

const full = () => new HoldfastError('driver/full', 'No room');

const setUp = (stored?: Content, onIgnoredError?: (error: unknown) => void) => {
  const store = createStore();
  const storage = createScriptedStorage(stored);
  const ports = createFakePorts();
  const persister = createPersister({store, storage, ports, onIgnoredError}, {});
  return {store, storage, ports, persister};
};

describe('order', () => {
  test('[PE1] loads, saves and actions run one at a time, as they were asked for', async () => {
    const {persister, storage, store, ports} = setUp(PETS);
    const done: string[] = [];
    const note = (what: string) => () => {
      done.push(what);
    };
    const release = storage.hold('read');
    const work = [
      persister.schedule(async () => {
        storage.log.push('first action');
        await undefined;
        storage.log.push('first action ends');
      }),
      persister.schedule(async () => {
        storage.log.push('second action');
      }),
      persister.load().then(note('load')),
      persister.save().then(note('save')),
      persister.load().then(note('second load')),
    ];
    await ports.settle();
    expect(storage.log).toEqual(['first action', 'first action ends', 'second action', 'read']);
    expect(persister.getStatus()).toBe(Status.Loading);
    release();
    await Promise.all(work);
    expect(storage.log.slice(3)).toEqual(['read', 'write changes', 'read']);
    expect(done).toEqual(['load', 'save', 'second load']);
    expect(store.getContent()).toEqual(PETS);
  });

  test('[PE1] what a status listener asks for comes after what it was told of', async () => {
    const {persister, storage} = setUp(PETS);
    let saved: Promise<unknown> | undefined;
    persister.addStatusListener((_persister, status) => {
      if (status === Status.Loading) {
        saved = persister.save();
      }
    });
    const release = storage.hold('read');
    const loaded = persister.load();
    expect(storage.log).toEqual(['read']);
    release();
    await loaded;
    await saved;
    expect(storage.log).toEqual(['read', 'write changes']);
  });

  test('[PE1] what fails does not hold up what comes after it', async () => {
    const {persister, storage} = setUp(PETS);
    storage.fail('read', full());
    const failed = persister.load();
    const action = persister.schedule(async () => {
      throw new RangeError('no');
    });
    const loaded = persister.load();
    await expect(failed).rejects.toThrow('No room');
    await expect(action).rejects.toThrow(RangeError);
    await loaded;
    expect(storage.log).toEqual(['read', 'read']);
  });

  test('[PE1] what the storage itself schedules is part of the load that runs', async () => {
    const {persister, storage, store} = setUp(PETS);
    const read = storage.read;
    const actions: string[] = [];
    storage.read = async (onProgress) => {
      await persister.schedule(async () => {
        actions.push('inside');
      });
      return read(onProgress);
    };
    await persister.load();
    expect([actions, store.getContent()]).toEqual([['inside'], PETS]);
  });
});

describe('loading', () => {
  test('[PE2] sets the difference, in one transaction', async () => {
    const {persister, storage, store} = setUp(PETS);
    await persister.load();
    const heard: unknown[] = [];
    store.addCellListener(null, null, null, (_store, ...ids) => heard.push(ids.slice(0, 4)));
    store.addRowIdsListener('pets', () => heard.push('row ids'));
    let transactionCount = 0;
    store.addDidFinishTransactionListener(() => transactionCount++);
    storage.content = [{pets: {fido: {species: 'dog', sold: true}, rex: {species: 'dog'}}}, {open: true}];
    await persister.load();
    expect(heard).toEqual([
      'row ids',
      ['pets', 'fido', 'sold', true],
      ['pets', 'rex', 'species', 'dog'],
      ['pets', 'felix', 'species', undefined],
    ]);
    expect(transactionCount).toBe(1);
  });

  test('[PE2] leaves tables and values alone that are not kept here', async () => {
    const {persister, storage, store} = setUp(PETS);
    storage.readExtras = {tableIds: new Set(['pets']), valueIds: new Set(['open'])};
    store.setContent([{pets: {polly: {species: 'parrot'}}, shops: {north: {city: 'Oslo'}}}, {motto: 'pets'}]);
    await persister.load();
    expect(store.getContent()).toEqual([
      {...PETS[0], shops: {north: {city: 'Oslo'}}},
      {open: true, motto: 'pets'},
    ]);
  });

  test('[PE3] initial content may be made by a function, and is used where nothing is stored', async () => {
    const {persister, store, storage} = setUp();
    let callCount = 0;
    await persister.load(() => {
      callCount++;
      return PETS;
    });
    expect([store.getContent(), callCount]).toEqual([PETS, 1]);
    await persister.save();
    await persister.load(() => {
      callCount++;
      return [{}, {}];
    });
    expect([storage.content, callCount]).toEqual([PETS, 1]);
  });

  test('[PE3] initial content is used where a load fails, which is told on the console', async () => {
    const {persister, store, storage, ports} = setUp([{other: {row: {cell: 1}}}, {}]);
    storage.fail('read', full());
    await persister.load(PETS);
    expect(store.getContent()).toEqual(PETS);
    expect(ports.warnings.map(({error}) => error)).toEqual([full()]);
  });

  test('[PE3] without initial content a load that fails rejects, and changes nothing', async () => {
    const {persister, store, storage} = setUp(PETS);
    store.setValue('mine', 1);
    storage.fail('read', full());
    await expect(persister.load()).rejects.toMatchObject({code: 'driver/full'});
    expect(store.getContent()).toEqual([{}, {mine: 1}]);
    expect(persister.getStatus()).toBe(Status.Idle);
  });

  test('[PE4] nothing is saved after a load that failed, before one has succeeded', async () => {
    const {persister, store, storage, ports} = setUp(PETS);
    storage.fail('read', full(), 3);
    await persister
      .startAutoPersisting([{pets: {fido: {species: 'unknown'}}}, {open: false}])
      .catch(() => undefined);
    if (!persister.isAutoSaving()) {
      await persister.startAutoSave().catch(() => undefined);
    }
    store.setCell('pets', 'fido', 'age', 3);
    await ports.settle();
    expect(storage.written).toEqual([]);
    storage.fail('read', full(), 2);
    await ports.until(persister.save().catch(() => undefined));
    expect(storage.content).toEqual(PETS);
    await ports.until(persister.startAutoSave().catch(() => persister.startAutoSave()));
    await ports.until(persister.whenDurable());
    expect(storage.log.filter((entry) => entry.startsWith('write'))).toEqual(['write changes']);
    expect(storage.content).toEqual([
      {pets: {fido: {species: 'dog', sold: false, age: 3}, felix: {species: 'cat'}}},
      {open: true},
    ]);
    expect(store.getContent()).toEqual(storage.content);
  });
});

describe('saving', () => {
  test('[PE5] the transactions of one turn are one save, and its changes are what is written', async () => {
    const {persister, store, storage} = setUp(PETS);
    await persister.load();
    await persister.startAutoSave();
    storage.written.length = 0;
    store.setCell('pets', 'fido', 'sold', true);
    store.delRow('pets', 'felix');
    store.setValue('open', false);
    store.setCell('pets', 'fido', 'age', 3).delCell('pets', 'fido', 'species');
    await persister.whenDurable();
    expect(storage.written).toEqual([
      [
        {pets: {fido: {sold: true, age: 3, species: undefined}, felix: undefined}},
        {open: false},
        1,
      ] satisfies Changes,
    ]);
  });

  test('[PE5] nothing is written where nothing changed', async () => {
    const {persister, store, storage, ports} = setUp(PETS);
    await persister.startAutoPersisting();
    const count = storage.log.length;
    store.setCell('pets', 'fido', 'sold', false);
    store.transaction(() => store.setValue('open', 1).setValue('open', true));
    store.transaction(
      () => store.setValue('open', 2),
      () => true,
    );
    await ports.settle();
    expect(storage.log.length).toBe(count);
    expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
  });

  test('[PE5] what changes while a save runs is saved behind it', async () => {
    const {persister, store, storage, ports} = setUp();
    await persister.startAutoSave();
    const release = storage.hold('write');
    store.setValue('first', 1);
    await ports.settle();
    store.setValue('second', 2);
    await ports.settle();
    expect(persister.getDurability()).toEqual({state: 'pending', pendingCount: 2});
    release();
    await persister.whenDurable();
    expect(storage.written.slice(-2)).toEqual([
      [{}, {first: 1}, 1],
      [{}, {second: 2}, 1],
    ]);
  });

  test('[PR2] a save that is asked for during a load is queued', async () => {
    const {persister, store, storage} = setUp();
    const release = storage.hold('read');
    const loaded = persister.load();
    store.setValue('open', true);
    const saved = persister.save();
    release();
    await Promise.all([loaded, saved]);
    expect(storage.content).toEqual([{}, {open: true}]);
  });

  test('[PR2] a failed save rejects, stays pending, and is tried again with back-off', async () => {
    const {persister, store, storage, ports} = setUp();
    await persister.save();
    const told: Durability[] = [];
    persister.addDurabilityListener((_persister, durability) => told.push(durability));
    storage.fail('write', full(), 4);
    store.setRow('pets', 'fido', {species: 'dog'});
    await expect(persister.save()).rejects.toMatchObject({code: 'driver/full'});
    expect(persister.getDurability()).toEqual({state: 'failing', pendingCount: 1, error: full()});
    store.setValue('open', true);
    const delays: number[] = [];
    const durable = persister.whenDurable();
    for (let attempt = 0; attempt < 4; attempt++) {
      delays.push(...ports.delays());
      ports.fireNext();
      await ports.settle();
    }
    await durable;
    expect(delays).toEqual([100, 200, 400, 800]);
    expect(ports.delays()).toEqual([]);
    expect(storage.content).toEqual([{pets: {fido: {species: 'dog'}}}, {open: true}]);
    expect(told.map(({state, pendingCount}) => `${state} ${pendingCount}`)).toEqual(
      ['pending 1', 'failing 1', 'failing 2', 'failing 2', 'failing 2', 'failing 2', 'durable 0'].filter(
        (text, index, texts) => text !== texts[index - 1],
      ),
    );
  });

  test('[PR2] later changes lie over those of a save that failed', async () => {
    const {persister, store, storage, ports} = setUp(PETS);
    await persister.startAutoPersisting();
    storage.fail('write', full());
    store.setCell('pets', 'fido', 'sold', true).setCell('pets', 'fido', 'age', 3).delRow('pets', 'felix');
    await ports.settle();
    store.setCell('pets', 'fido', 'age', 4).setRow('pets', 'felix', {age: 9}).delValue('open');
    await ports.until(persister.whenDurable());
    expect(storage.content).toEqual([
      {pets: {fido: {species: 'dog', sold: true, age: 4}, felix: {age: 9}}},
      {},
    ]);
  });

  test('[PR1] [PR2] with onIgnoredError a save that fails resolves, and is told and tried again', async () => {
    const ignored: unknown[] = [];
    const {persister, store, storage, ports} = setUp(undefined, (error) => ignored.push(error));
    storage.fail('write', full());
    store.setValue('open', true);
    expect(await persister.save()).toBe(persister);
    expect(ignored).toEqual([full()]);
    expect(persister.getDurability().state).toBe('failing');
    await ports.until(persister.whenDurable());
    expect(storage.content).toEqual([{}, {open: true}]);
    expect(ports.warnings).toEqual([]);
  });

  test('[PR2] a storage that lost everything is given everything', async () => {
    const {persister, store, storage} = setUp();
    await persister.startAutoSave();
    store.setContent(PETS);
    await persister.whenDurable();
    const write = storage.write;
    storage.write = async (parts) => {
      if (parts.changes === undefined) {
        return write(parts);
      }
      storage.content = undefined;
      return 'whole-needed';
    };
    store.setValue('open', false);
    await persister.whenDurable();
    expect(storage.content).toEqual([PETS[0], {open: false}]);
  });
});

describe('listeners', () => {
  test('[PE7] are told of statuses, durability and progress, until they are deleted', async () => {
    const {persister, store, storage} = setUp();
    const told: unknown[] = [];
    const ids = [
      persister.addStatusListener((self, status) => told.push(['status', self === persister, status])),
      persister.addDurabilityListener((self, {state}) =>
        told.push(['durability', self === persister, state]),
      ),
      persister.onProgress((progress) => told.push(progress)),
    ];
    expect(new Set(ids).size).toBe(3);
    const write = storage.write;
    storage.write = async (parts) => {
      parts.onProgress(1, 2);
      return write(parts);
    };
    await persister.startAutoSave();
    told.length = 0;
    store.setValue('open', true);
    await persister.whenDurable();
    expect(told).toEqual([
      ['durability', true, 'pending'],
      ['status', true, Status.Saving],
      {phase: 'saving', doneRows: 1, totalRows: 2},
      ['status', true, Status.Idle],
      ['durability', true, 'durable'],
    ]);
    for (const id of ids) {
      expect(persister.delListener(id)).toBe(persister);
    }
    store.setValue('open', false);
    await persister.whenDurable();
    expect(told.length).toBe(5);
  });

  test('[PE7] one that throws keeps neither the others nor the save from their work', async () => {
    const {persister, store, storage, ports} = setUp();
    const told: Status[] = [];
    persister.addStatusListener(() => {
      throw new RangeError('no');
    });
    persister.addStatusListener((_persister, status) => told.push(status));
    store.setValue('open', true);
    await persister.save();
    expect(told).toEqual([Status.Saving, Status.Idle]);
    expect(storage.content).toEqual([{}, {open: true}]);
    expect(ports.warnings.length).toBe(2);
  });
});

describe('refused content', () => {
  test('[PE6] what a schema refuses is told to the storage, which keeps it', async () => {
    const {persister, store, storage} = setUp([
      {pets: {fido: {species: 'dog', age: 'three'}}, cars: {one: {wheels: 4}}},
      {open: 'yes', size: 1},
    ]);
    store.setTablesSchema({pets: {species: {type: 'string'}, age: {type: 'number', default: 1}}});
    store.setValuesSchema({open: {type: 'boolean'}, size: {type: 'number'}});
    await persister.load();
    expect(store.getContent()).toEqual([{pets: {fido: {species: 'dog', age: 1}}}, {size: 1}]);
    expect(storage.refused).toEqual([
      [{pets: {fido: {age: 'three'}}, cars: {one: {wheels: 4}}}, {open: 'yes'}, 1],
    ]);
    await persister.startAutoSave();
    store.setCell('pets', 'fido', 'species', 'fox');
    await persister.whenDurable();
    expect(storage.content).toEqual([
      {pets: {fido: {species: 'fox', age: 'three'}}, cars: {one: {wheels: 4}}},
      {open: 'yes', size: 1},
    ]);
  });
});

describe('the end', () => {
  test('[PE8] stopAutoSave stores what is pending, and nothing after it', async () => {
    const {persister, store, storage, ports} = setUp();
    await persister.startAutoSave();
    store.setValue('first', 1);
    await persister.stopAutoSave();
    expect(storage.content).toEqual([{}, {first: 1}]);
    store.setValue('second', 2);
    await ports.settle();
    expect(storage.content).toEqual([{}, {first: 1}]);
    expect(persister.getDurability()).toEqual({state: 'pending', pendingCount: 1});
  });

  test('[PE8] destroy stores what is pending, lets go of everything, and ends the waiting', async () => {
    const {persister, store, storage, ports} = setUp();
    await persister.startAutoPersisting();
    store.setValue('first', 1);
    expect(await persister.destroy()).toBe(persister);
    expect(storage.content).toEqual([{}, {first: 1}]);
    expect(storage.log.slice(-2)).toEqual(['write changes', 'close']);
    expect(storage.log).toContain('unwatch');
    expect(Object.values(store.getListenerStats()).filter((count) => count !== 0)).toEqual([]);
    expect(ports.delays()).toEqual([]);
    expect([persister.isAutoLoading(), persister.isAutoSaving()]).toEqual([false, false]);
  });

  test('[PE8] a persister whose last save fails rejects, and so does who waits', async () => {
    const {persister, store, storage, ports} = setUp();
    await persister.startAutoSave();
    storage.fail('write', full(), 9);
    store.setValue('first', 1);
    await ports.settle();
    const waiting = expect(persister.whenDurable()).rejects.toMatchObject({
      code: 'persister/destroyed',
      details: {pendingCount: 1},
    });
    await expect(persister.destroy()).rejects.toMatchObject({code: 'driver/full'});
    await waiting;
    expect(ports.delays()).toEqual([]);
    expect(Object.values(store.getListenerStats()).filter((count) => count !== 0)).toEqual([]);
  });

  test('[PE8] destroy tries once more to store what a save could not', async () => {
    const {persister, store, storage, ports} = setUp();
    store.setValue('first', 1);
    storage.fail('write', full(), 1);
    await expect(persister.save()).rejects.toMatchObject({code: 'driver/full'});
    await persister.destroy();
    expect(storage.content).toEqual([{}, {first: 1}]);
    expect(ports.delays()).toEqual([]);
  });

  test('[PE8] destroy waits for what was asked for before it', async () => {
    const {persister, store, storage} = setUp(PETS);
    const release = storage.hold('read');
    const loaded = persister.load();
    const loadedAgain = persister.load();
    const destroyed = persister.destroy();
    release();
    await Promise.all([loaded, loadedAgain, destroyed]);
    expect(storage.log).toEqual(['read', 'read', 'close']);
    expect(Object.values(store.getListenerStats()).filter((count) => count !== 0)).toEqual([]);
  });
});

describe('stores of tinybase', () => {
  test('[PE10] are kept through their public methods', async () => {
    const storage = createScriptedStorage(PETS);
    const store = createTinybaseStore();
    const persister = createPersister(
      {store: store as unknown as PersistableStore, storage, ports: createFakePorts()},
      {},
    );
    await persister.startAutoPersisting();
    expect(store.getContent()).toEqual(PETS);
    store.transaction(() => {
      store
        .setCell('pets', 'fido', 'sold', true)
        .setRow('shops', 'north', {city: 'Oslo', tags: ['a', {b: null}]});
      store.delRow('pets', 'felix').setValue('open', false);
    });
    await persister.whenDurable();
    const expected: Content = [
      {pets: {fido: {species: 'dog', sold: true}}, shops: {north: {city: 'Oslo', tags: ['a', {b: null}]}}},
      {open: false},
    ];
    expect(storage.content).toEqual(expected);
    store.delTable('shops');
    await persister.whenDurable();
    expect(storage.content).toEqual([{pets: expected[0].pets}, {open: false}]);
    storage.changeOutside([{pets: {fido: {sold: false}}}, {}, 1], 'with changes');
    expect(store.getCell('pets', 'fido', 'sold')).toBe(false);
    await persister.destroy();
    expect(Object.values(store.getListenerStats()).filter((count) => count !== 0)).toEqual([]);
  });
});

describe('others', () => {
  const isTold = ['with changes', 'with content', 'without'] as const;

  test.each(isTold)(
    '[PE11] changes of others, told %s, do not go over what is not stored yet',
    async (how) => {
      const {persister, store, storage, ports} = setUp(PETS);
      await persister.startAutoPersisting();
      storage.fail('write', full());
      store.setCell('pets', 'fido', 'sold', 'maybe').delRow('pets', 'felix').setValue('open', null);
      await ports.settle();
      const outside: Changes = [
        {pets: {fido: {sold: true, age: 3}, felix: {age: 9}, rex: {species: 'dog'}}},
        {open: 'late', size: 1},
        1,
      ];
      storage.changeOutside(outside, how);
      await ports.settle();
      const expected: Content = [
        {pets: {fido: {species: 'dog', sold: 'maybe', age: 3}, rex: {species: 'dog'}}},
        {open: null, size: 1},
      ];
      expect(store.getContent()).toEqual(expected);
      await ports.until(persister.whenDurable());
      expect(storage.content).toEqual(expected);
    },
  );

  test('[PE11] a row that was set anew keeps nothing of what is stored, in a load either', async () => {
    const {persister, store, storage, ports} = setUp(PETS);
    await persister.startAutoPersisting();
    storage.fail('write', full());
    store.delRow('pets', 'fido');
    store.setRow('pets', 'fido', {species: 'fox'});
    await ports.settle();
    storage.fail('write', full());
    await persister.load();
    expect(store.getRow('pets', 'fido')).toEqual({species: 'fox'});
    await ports.until(persister.whenDurable());
    expect(storage.content).toEqual([{pets: {...PETS[0].pets, fido: {species: 'fox'}}}, {open: true}]);
  });

  test.each(isTold)('what others change, told %s, is loaded and not saved again', async (how) => {
    const {persister, store, storage, ports} = setUp(PETS);
    await persister.startAutoPersisting();
    const {saves, loads} = persister.getStats();
    storage.changeOutside([{pets: {fido: {sold: true}, felix: undefined}}, {open: undefined}, 1], how);
    await ports.settle();
    expect(store.getContent()).toEqual([{pets: {fido: {species: 'dog', sold: true}}}, {}]);
    expect(persister.getStats()).toEqual({loads: loads + 1, saves});
    await persister.stopAutoLoad();
    storage.changeOutside([{pets: {fido: {sold: false}}}, {}, 1], how);
    await ports.settle();
    expect(store.getCell('pets', 'fido', 'sold')).toBe(true);
  });
});

describe('faults in the background', () => {
  test('[PE12] are told on the console once, until a save succeeds, where nobody listens', async () => {
    const {persister, store, storage, ports} = setUp();
    await persister.startAutoSave();
    storage.fail('write', full(), 3);
    store.setValue('open', true);
    await ports.settle();
    await ports.until(persister.whenDurable());
    expect(ports.warnings).toEqual([{message: expect.stringContaining('A save failed'), error: full()}]);
    storage.fail('write', full());
    store.setValue('open', false);
    await ports.settle();
    expect(ports.warnings.length).toBe(2);
  });

  test('[PE12] are told to whom listens instead', async () => {
    const {persister, store, storage, ports} = setUp();
    await persister.startAutoSave();
    const told: unknown[] = [];
    persister.addDurabilityListener((_persister, {error}) => told.push(error));
    storage.fail('write', full());
    store.setValue('open', true);
    await ports.settle();
    expect(told).toEqual([undefined, full()]);
    expect(ports.warnings).toEqual([]);
  });
});
