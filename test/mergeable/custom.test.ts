// Mergeable stores kept by an application's own functions: what these are given, and what they may give back.

import {createMergeableStore as createTinyStore} from 'tinybase';
import {createCustomPersister as createTinyPersister} from 'tinybase/persisters';
import {describe, expect, test} from 'vitest';
import {createMergeableStore, type MergeableStore} from '../../src/entry/index.ts';
import {createCustomPersister, Persists} from '../../src/entry/persisters.ts';

interface Call {
  readonly content: unknown;
  readonly changes: unknown;
}

/** A place that keeps whatever it is given, through JSON where `isJson`, and tells what it was given. */
const openPlace = (isJson = false) => {
  const calls: Call[] = [];
  let kept: unknown;
  let listener: (content?: never, changes?: never) => void = () => undefined;
  let wake: () => void = () => undefined;
  return {
    calls,
    keep: (content: unknown) => {
      kept = content;
    },
    tell: (content?: unknown, changes?: unknown) => listener(content as never, changes as never),
    nextCall: async (count: number) => {
      while (calls.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return calls[count - 1] as Call;
    },
    functions: [
      async () => kept as never,
      async (getContent: () => unknown, changes?: unknown) => {
        const content = getContent();
        kept = isJson ? JSON.parse(JSON.stringify(content)) : content;
        calls.push({content, changes});
        wake();
      },
      (listen: (content?: never, changes?: never) => void) => {
        listener = listen;
      },
      () => undefined,
    ] as const,
  };
};

const keptBy = (place: ReturnType<typeof openPlace>, store: MergeableStore) =>
  createCustomPersister(store, ...place.functions, undefined, Persists.StoreOrMergeableStore);

const edit = (store: Pick<MergeableStore, 'setCell' | 'setValue' | 'delCell'>) => {
  store.setCell('pets', 'fido', 'toys', ['ball']);
  store.setCell('pets', 'fido', 'age', 3);
  store.setCell('pets', 'fido', 'chip', null);
  store.setValue('open', true);
  store.delCell('pets', 'fido', 'age', true);
};

describe('a mergeable store kept by an application’s own functions', () => {
  test('[MS27] hands them what TinyBase does', async () => {
    const [ourPlace, tinyPlace] = [openPlace(), openPlace()];
    const now = () => 1_700_000_000_000;
    const [ours, tiny] = [createMergeableStore('one', now), createTinyStore('one', now)];
    const persisters = [
      keptBy(ourPlace, ours),
      (createTinyPersister as unknown as typeof createCustomPersister)(
        tiny as never,
        ...tinyPlace.functions,
        undefined,
        Persists.MergeableStoreOnly,
      ),
    ];
    edit(ours);
    edit(tiny as never);
    await Promise.all(persisters.map((persister) => persister.save()));
    expect(ourPlace.calls).toStrictEqual(tinyPlace.calls);
    expect(JSON.stringify(ourPlace.calls[0]?.content)).toContain(String.raw`"toys":["�[\"ball\"]",`);
    await Promise.all(persisters.map((persister) => persister.destroy()));
  });

  test('[MS27] hands them what changed, with its stamps, during auto-saving', async () => {
    const place = openPlace();
    const store = createMergeableStore('one');
    edit(store);
    const persister = keptBy(place, store);
    await persister.startAutoSave();
    store.setCell('pets', 'felix', 'toys', {ball: 1});
    expect((await place.nextCall(2)).changes).toEqual([
      [{pets: [{felix: [{toys: ['\uFFFD{"ball":1}', expect.any(String)]}]}]}],
      [{}],
      1,
    ]);
    store.delRow('pets', 'felix');
    expect((await place.nextCall(3)).changes).toEqual([
      [{pets: [{felix: [{toys: [undefined, expect.any(String)]}]}]}],
      [{}],
      1,
    ]);
    await persister.destroy();
  });

  test('[MS27] comes back through JSON, deletions and nulls as they were', async () => {
    const place = openPlace(true);
    const store = createMergeableStore('one');
    edit(store);
    const saving = keptBy(place, store);
    await saving.save();
    await saving.destroy();
    const other = createMergeableStore('two');
    const loading = keptBy(place, other);
    await loading.load();
    await loading.destroy();
    expect(other.getTables()).toEqual({pets: {fido: {toys: ['ball'], chip: null}}});
    expect(other.getMergeableContent()).toStrictEqual(store.getMergeableContent());
  });

  test('[MS27] is merged with what they give, and is told of content and changes', async () => {
    const place = openPlace();
    const [store, other] = [createMergeableStore('one'), createMergeableStore('two')];
    store.setCell('pets', 'fido', 'age', 3);
    other.setCell('pets', 'rex', 'age', 5);
    place.keep(other.getMergeableContent());
    const persister = keptBy(place, store);
    await persister.startAutoPersisting();
    expect(store.getTables()).toEqual({pets: {fido: {age: 3}, rex: {age: 5}}});
    expect((await place.nextCall(1)).content).toStrictEqual(store.getMergeableContent());
    other.delRow('pets', 'rex');
    place.tell(undefined, [...other.getMergeableContent(), 1]);
    expect(store.getTables()).toEqual({pets: {fido: {age: 3}}});
    other.setValue('open', true);
    place.tell(other.getMergeableContent());
    expect(store.getValues()).toEqual({open: true});
    await persister.destroy();
  });

  test('[MS27] may be given plain content, which gives way to whatever was set', async () => {
    const place = openPlace();
    const store = createMergeableStore('one');
    store.setCell('pets', 'fido', 'age', 3);
    place.keep([{pets: {fido: {age: 1, toys: '\uFFFD["ball"]'}}}, {}]);
    const persister = keptBy(place, store);
    await persister.load();
    expect(store.getTables()).toEqual({pets: {fido: {age: 3, toys: ['ball']}}});
    await persister.destroy();
  });

  test.each([
    ['a text', 'nonsense'],
    ['stamps of nothing', [[{pets: 1}], [{}]]],
    ['rows that are none', [[{pets: [{fido: 7}]}], [{}]]],
    ['half of it', [[{}]]],
  ])('[MS27] refuses what is no content: %s', async (_, content) => {
    const place = openPlace();
    place.keep(content);
    const store = createMergeableStore('one');
    store.setCell('pets', 'fido', 'age', 3);
    const persister = keptBy(place, store);
    await expect(persister.load()).rejects.toThrow(expect.objectContaining({code: 'storage/unreadable'}));
    expect(store.getTables()).toEqual({pets: {fido: {age: 3}}});
    await persister.destroy().catch(() => undefined);
  });
});
