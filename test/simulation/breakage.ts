// Ways of breaking what is simulated, to see that the simulator finds out.

import type {MergeableChanges} from '../../src/merge/mergeable.ts';
import type {MergeableStore} from '../../src/store/mergeable-store.ts';
import {Message} from '../../src/sync/messages.ts';
import type {WebSocketLike} from '../../src/sync/web-socket.ts';
import {forEachWritten, isLater, type Model, mergeInto} from './model.ts';

export interface Breakage {
  /** Disks say that they have synced when they have not. */
  readonly acknowledgesEarly?: boolean;
  /** Disks write over what others wrote. */
  readonly writesBlindly?: boolean;
  /** Of what is there and what comes, the earlier stays. */
  readonly prefersEarlier?: boolean;
  /** Who connects again asks nobody what it missed, and does not listen to who tells of it. */
  readonly asksNobodyAgain?: boolean;
  /** Deletions are not handed on. */
  readonly hidesDeletions?: boolean;
}

/** The store that others see: merging through it is broken as it is told to be. */
export const breakMerging = (
  store: MergeableStore,
  {prefersEarlier, hidesDeletions}: Breakage,
): MergeableStore => {
  if (prefersEarlier) {
    return {
      ...store,
      applyMergeableChanges: (changes: MergeableChanges) => {
        const known: Model = new Map();
        mergeInto(known, store.getMergeableContent());
        const wanted = new Set<string>();
        forEachWritten(changes, (path, written) => {
          const there = known.get(path);
          (there === undefined || !isLater(written, there)) && wanted.add(path);
        });
        return store.applyMergeableChanges(withLeaves(changes, (path) => wanted.has(path)));
      },
    } as MergeableStore;
  }
  if (hidesDeletions) {
    const hiding = (changes: MergeableChanges): MergeableChanges =>
      withLeaves(changes, (_path, thing) => thing !== undefined);
    return {
      ...store,
      getTransactionMergeableChanges: () => hiding(store.getTransactionMergeableChanges()),
      getMergeableCellDiff: (hashes: never) =>
        hiding([store.getMergeableCellDiff(hashes), [{}], 1] as MergeableChanges)[0],
    } as MergeableStore;
  }
  return store;
};

/** A socket on which nothing is asked for, and hashes that others tell of do not come. */
export const makeDeaf = (socket: WebSocketLike): WebSocketLike => ({
  ...socket,
  get readyState() {
    return socket.readyState;
  },
  send: (text) => {
    text.includes(`",${Message.GetContentHashes},`) || socket.send(text);
  },
  addEventListener: (type, listener) => {
    socket.addEventListener(type, (event) => {
      if (type !== 'message' || !String(event.data).includes(`[null,${Message.ContentHashes},`)) {
        listener(event);
      }
    });
  },
});

// The changes with those cells and values alone that are wanted.
const withLeaves = (
  changes: MergeableChanges,
  isWanted: (path: string, thing: unknown) => boolean,
): MergeableChanges => {
  const only = (path: readonly string[], things: object, make: (path: string[], thing: never) => unknown) =>
    Object.fromEntries(
      Object.entries(things).flatMap(([id, thing]) => {
        const made = make([...path, id], thing as never);
        return made === undefined ? [] : [[id, made]];
      }),
    );
  const leaf = (path: string[], stamped: [unknown]) =>
    isWanted(JSON.stringify(path), stamped[0]) ? stamped : undefined;
  const [[tables, ...tablesRest], [values, ...valuesRest]] = changes as never as [[object], [object]];
  return [
    [
      only([], tables, (tablePath, [rows, ...tableRest]: [object]) => [
        only(tablePath, rows, (rowPath, [cells, ...rowRest]: [object]) => [
          only(rowPath, cells, leaf),
          ...rowRest,
        ]),
        ...tableRest,
      ]),
      ...tablesRest,
    ],
    [only([], values, leaf), ...valuesRest],
    1,
  ] as never;
};
