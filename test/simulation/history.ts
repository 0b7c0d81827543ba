// What happens in a simulation, as plain data: who is there, and what befalls them when. Made of a seed, and written down to be read.

import type {CellOrUndefined, Id} from '../../src/base/content.ts';
import {createRandom} from '../places/random.ts';

/**
 * How replicas meet: over a server that keeps the room; over one of two servers that keep it in one place; over a server that only
 * hands on; without a server, by messages that get lost, come twice and in any order; or as tabs of a browser, over a broadcast channel
 * and one place that all of them keep.
 */
export type Mode = 'kept' | 'two servers' | 'relay' | 'peers' | 'tabs';

/** How a disk keeps a store: as a text that is swapped, or in rows of a database. */
export type DiskKind = 'text' | 'rows';

export interface ClientSetup {
  /** Its store's id; two clients may have one. */
  readonly id: Id;
  /** Whether it keeps its store on a disk of its own. */
  readonly hasDisk: boolean;
  readonly skewMs: number;
  /** What it begins with where there is nothing. */
  readonly initialValue: number | undefined;
  /** Its messages longer than so many characters go in pieces. */
  readonly fragmentSize: number | undefined;
  /** Whether its socket connects again by itself; else it makes another, and a synchronizer with it. */
  readonly isReconnecting: boolean;
}

export interface ServerSetup {
  readonly skewMs: number;
  /** How long it keeps the store of its path open without clients. */
  readonly idlePathMs: number;
}

export type Edit =
  | {readonly kind: 'setCell'; readonly ids: readonly [Id, Id, Id]; readonly thing: CellOrUndefined}
  | {readonly kind: 'delCell'; readonly ids: readonly [Id, Id, Id]}
  | {
      readonly kind: 'setRow';
      readonly ids: readonly [Id, Id];
      readonly row: {readonly [id: Id]: CellOrUndefined};
    }
  | {readonly kind: 'delRow'; readonly ids: readonly [Id, Id]}
  | {readonly kind: 'delTable'; readonly ids: readonly [Id]}
  | {readonly kind: 'setValue'; readonly ids: readonly [Id]; readonly thing: CellOrUndefined}
  | {readonly kind: 'delValue'; readonly ids: readonly [Id]};

/** What befalls somebody: a client by its number, or a server, which come after the clients. */
type Event =
  | {readonly kind: 'edit'; readonly edits: readonly Edit[]; readonly isTakenBack: boolean}
  /** Its clock is set. */
  | {readonly kind: 'clock'; readonly skewMs: number}
  /** Its connections are lost. */
  | {readonly kind: 'cut'}
  /** Nothing travels to and from it, for a time, behind which its connections may be lost. */
  | {readonly kind: 'partition'; readonly forMs: number; readonly isCut: boolean}
  /** It is killed; with its power, or its process alone; and is there again after a time. */
  | {readonly kind: 'crash'; readonly isPower: boolean; readonly forMs: number}
  /** Its disk fails so many times. */
  | {readonly kind: 'disk'; readonly faultCount: number}
  /** Its disk does nothing for a time. */
  | {readonly kind: 'outage'; readonly forMs: number}
  /** What was deleted more than five minutes ago is forgotten on the disk that it keeps. */
  | {readonly kind: 'compact'}
  /** It is ended as is due, a server in peace at times, and started again. */
  | {readonly kind: 'restart'; readonly isDrained: boolean};

export type Op = {readonly atMs: number; readonly who: number} & Event;

export interface History {
  readonly seed: number;
  /** Tells histories apart that are alike but for what chance makes of them: delays, and what a crash leaves. */
  readonly luck: number;
  readonly mode: Mode;
  readonly clients: readonly ClientSetup[];
  readonly servers: readonly ServerSetup[];
  /** What the servers keep the room on, or the tabs. */
  readonly sharedDisk: DiskKind;
  readonly ops: readonly Op[];
}

/** Clocks are at most so far from the world's: no two of them differ by what would not be followed. */
const MAX_SKEW_MS = 140_000;
/** Clocks that are wrong altogether. Of one that is ahead nobody takes anything; who is back takes nothing of anybody. */
const YEARS_MS = 3 * 365 * 86_400_000;
const LENGTH_MS = 12_000;
const MAX_OPS = 40;
/** In some histories everybody waits so long in between, and then deletions are forgotten. */
const PAUSE_MS = 420_000;

const TABLES = ['t', 'u', '__proto__'];
const ROWS = ['a', 'b', '0'];
const CELLS = ['x', 'y', 'toString'];
const THINGS = [0, 1, 2, -0.5, '', 'text', '\uFFEE"\n', true, false, null, {deep: [1, null]}, ['a', {b: 2}]];

/** Whether a clock is so far off that its owner is not heard, or does not hear. */
export const isFar = (skewMs: number): boolean => Math.abs(skewMs) > MAX_SKEW_MS;

export const createHistory = (seed: number): History => {
  // Of other numbers than the world's.
  const random = createRandom(seed ^ 0x5eed);
  const pick = (below: number): number => Math.floor(random() * below);
  const chance = (share: number): boolean => random() < share;
  const oneOf = <Thing>(things: readonly Thing[]): Thing => things[pick(things.length)] as Thing;
  // Small differences are as likely as great ones: of the same millisecond, the counter and the client decide.
  const skew = (): number =>
    chance(0.3) ? 0 : Math.round((random() - 0.5) * 2 * oneOf([2, 500, 20_000, MAX_SKEW_MS]));

  const mode = oneOf<Mode>(['kept', 'kept', 'two servers', 'two servers', 'relay', 'peers', 'tabs']);
  const clientCount = 2 + pick(3);
  const haveOneId = chance(0.1);
  const clients = Array.from(
    {length: clientCount},
    (_, index): ClientSetup => ({
      id: haveOneId && index < 2 ? 'twin' : `c${index}`,
      hasDisk: mode === 'tabs' || chance(0.4),
      skewMs: skew(),
      initialValue: chance(0.15) ? pick(3) : undefined,
      fragmentSize: chance(0.2) ? 40 : undefined,
      isReconnecting: chance(0.5),
    }),
  );
  const serverCount = mode === 'peers' || mode === 'tabs' ? 0 : mode === 'two servers' ? 2 : 1;
  const servers = Array.from(
    {length: serverCount},
    (): ServerSetup => ({skewMs: skew(), idlePathMs: oneOf([0, 0, 500, 5_000])}),
  );
  const sharedDisk = oneOf<DiskKind>(['text', 'rows']);
  // One client of some histories may have a clock that is ahead by years.
  const hasPause = serverCount > 0 && mode !== 'relay' && sharedDisk === 'rows' && chance(0.4);
  const stray = mode !== 'tabs' && chance(0.12) ? clientCount - 1 : undefined;

  const anyCell = (): readonly [Id, Id, Id] => [oneOf(TABLES), oneOf(ROWS), oneOf(CELLS)];
  const edit = (): Edit => {
    const ids = anyCell();
    const [tableId, rowId] = ids;
    const kind = pick(20);
    if (kind < 9) return {kind: 'setCell', ids, thing: oneOf(THINGS)};
    if (kind < 12) return {kind: 'delCell', ids};
    if (kind < 13) return {kind: 'setRow', ids: [tableId, rowId], row: {[oneOf(CELLS)]: oneOf(THINGS)}};
    if (kind < 15) return {kind: 'delRow', ids: [tableId, rowId]};
    if (kind < 16) return {kind: 'delTable', ids: [tableId]};
    return kind < 19
      ? {kind: 'setValue', ids: [oneOf(CELLS)], thing: oneOf(THINGS)}
      : {kind: 'delValue', ids: [oneOf(CELLS)]};
  };
  // Some are away for the whole pause.
  const awayMs = (): number => 100 + pick(3_000) + (hasPause && chance(0.6) ? PAUSE_MS : 0);
  const event = (isServer: boolean, isStray: boolean): Event => {
    if (isServer && hasPause && chance(0.4)) return {kind: 'compact'};
    const kind = random();
    if (!isServer && kind < 0.62) {
      const edits = Array.from({length: chance(0.8) ? 1 : 2 + pick(4)}, edit);
      return {kind: 'edit', edits, isTakenBack: chance(0.05)};
    }
    if (kind < 0.68) {
      const isBack = chance(0.05);
      return {kind: 'clock', skewMs: isStray && chance(0.6) ? YEARS_MS : isBack ? -YEARS_MS : skew()};
    }
    if (kind < 0.75) return {kind: 'cut'};
    if (kind < 0.83) return {kind: 'partition', forMs: awayMs(), isCut: chance(0.5)};
    if (kind < 0.91) return {kind: 'crash', isPower: chance(0.6), forMs: awayMs()};
    if (kind < 0.94) return {kind: 'disk', faultCount: 1 + pick(4)};
    return kind < 0.96
      ? {kind: 'outage', forMs: 500 + pick(4_000)}
      : {kind: 'restart', isDrained: chance(0.5)};
  };
  // Half of what happens comes close behind something else.
  let atMs = 0;
  const nextMs = (): number => {
    atMs = chance(0.5) ? atMs + pick(100) : pick(LENGTH_MS);
    return atMs;
  };
  const ops = Array.from({length: 5 + pick(MAX_OPS - 4)}, (): Op => {
    const isServer = chance(0.15) && serverCount > 0;
    const who = isServer ? clientCount + pick(serverCount) : pick(clientCount);
    const isLate = hasPause && chance(isServer ? 0.9 : 0.5);
    return {atMs: nextMs() + (isLate ? PAUSE_MS : 0), who, ...event(isServer, who === stray)};
  }).sort((one, other) => one.atMs - other.atMs);
  // What was never stamped is of no time: where deletions are forgotten, initial content comes back, as is documented.
  const withoutInitial = clients.map((setup): ClientSetup => ({...setup, initialValue: undefined}));
  return {seed, luck: 0, mode, clients: hasPause ? withoutInitial : clients, servers, sharedDisk, ops};
};

export const nameOf = (history: History, who: number): string =>
  who < history.clients.length ? `client ${who}` : `server ${who - history.clients.length}`;

/** A history as a person reads it. */
export const describeHistory = (history: History): string => {
  const {seed, mode, clients, servers, sharedDisk, ops} = history;
  const lines = [
    `seed ${seed}: ${mode}${mode === 'relay' || mode === 'peers' ? '' : `, a disk of ${sharedDisk}`}`,
  ];
  clients.forEach(({id, hasDisk, skewMs, initialValue, fragmentSize, isReconnecting}, index) => {
    lines.push(
      `  client ${index}: store "${id}"${hasDisk ? ', a disk' : ''}, clock ${skewMs} ms off` +
        (initialValue === undefined ? '' : `, begins with ${initialValue}`) +
        (fragmentSize === undefined ? '' : `, pieces of ${fragmentSize}`) +
        (isReconnecting ? ', reconnects' : ''),
    );
  });
  servers.forEach(({skewMs, idlePathMs}, index) => {
    lines.push(`  server ${index}: clock ${skewMs} ms off, keeps idle paths for ${idlePathMs} ms`);
  });
  for (const {atMs, who, ...event} of ops) {
    lines.push(`  ${String(atMs).padStart(6)} ms  ${nameOf(history, who)}  ${describeEvent(event)}`);
  }
  return lines.join('\n');
};

const describeEvent = (event: Event): string => {
  switch (event.kind) {
    case 'edit':
      return (
        event.edits
          .map(
            (edit) =>
              `${edit.kind}(${argumentsOf(edit)
                .map((one) => JSON.stringify(one))
                .join(', ')})`,
          )
          .join(' ') + (event.isTakenBack ? ', taken back' : '')
      );
    case 'clock':
      return `sets its clock ${event.skewMs} ms off`;
    case 'cut':
      return 'loses its connections';
    case 'partition':
      return `is cut off for ${event.forMs} ms${event.isCut ? ', and its connections are lost' : ''}`;
    case 'crash':
      return `${event.isPower ? 'loses its power' : 'is killed'}, and is back after ${event.forMs} ms`;
    case 'disk':
      return `has a disk that fails ${event.faultCount} times`;
    case 'compact':
      return 'forgets what was deleted';
    case 'outage':
      return `has a disk that does nothing for ${event.forMs} ms`;
    case 'restart':
      return `is ended${event.isDrained ? ' in peace' : ''} and started again`;
    default:
      return event satisfies never;
  }
};

/** What the method of a store of that name is called with. */
export const argumentsOf = (edit: Edit): unknown[] => [
  ...edit.ids,
  ...('thing' in edit ? [edit.thing] : 'row' in edit ? [edit.row] : edit.kind === 'delCell' ? [true] : []),
];
