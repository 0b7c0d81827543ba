// Makes a history that fails shorter: without operations that it fails without, and without what else makes it hard to read. Knows
// nothing of what failing is.

import type {ClientSetup, History, Op} from './history.ts';

/** Tries at most so many histories. */
const MAX_TRIES = 1_000;
/** A shorter history meets other delays: it is given so many chances to fail. */
const CHANCES = 4;

/** The shortest history found that fails, too. */
export const shrink = async (
  history: History,
  fails: (history: History) => Promise<boolean>,
): Promise<History> => {
  let shortest = history;
  let tryCount = 0;
  const attempt = async (candidate: History): Promise<boolean> => {
    for (let luck = candidate.luck; luck < candidate.luck + CHANCES && tryCount < MAX_TRIES; luck++) {
      tryCount++;
      if (await fails({...candidate, luck})) {
        shortest = {...candidate, luck};
        return true;
      }
    }
    return false;
  };

  // Halves first, then ever smaller parts, down to single operations.
  for (let size = Math.ceil(shortest.ops.length / 2); size >= 1; ) {
    let wasShortened = false;
    for (let start = 0; start < shortest.ops.length; ) {
      const ops = shortest.ops.toSpliced(start, size);
      if (await attempt({...shortest, ops})) {
        wasShortened = true;
      } else {
        start += size;
      }
    }
    if (size > 1 || !wasShortened) {
      size = size === 1 ? 0 : Math.floor(size / 2);
    }
  }
  for (const simpler of simplerHistories) {
    for (let index = 0; index < Math.max(shortest.clients.length, shortest.ops.length); index++) {
      const candidate = simpler(shortest, index);
      candidate && (await attempt(candidate));
    }
  }
  return shortest;
};

const withClient = (history: History, index: number, change: Partial<ClientSetup>): History | undefined => {
  const setup = history.clients[index];
  const isChanged = setup && Object.entries(change).some(([key, value]) => setup[key as 'id'] !== value);
  return isChanged ? {...history, clients: history.clients.with(index, {...setup, ...change})} : undefined;
};

const withOp = (history: History, index: number, change: (op: Op) => Op | undefined): History | undefined => {
  const op = history.ops[index];
  const changed = op && change(op);
  return changed && {...history, ops: history.ops.with(index, changed)};
};

const simplerHistories: ((history: History, index: number) => History | undefined)[] = [
  // Without the last clients, where nothing befalls them.
  (history) => {
    const last = history.clients.length - 1;
    const isNeeded = last < 2 || history.ops.some(({who}) => who >= last);
    return isNeeded ? undefined : {...history, clients: history.clients.slice(0, last)};
  },
  (history, index) => withClient(history, index, {skewMs: 0}),
  (history, index) => withClient(history, index, {hasDisk: false}),
  (history, index) => withClient(history, index, {fragmentSize: undefined}),
  (history, index) => withClient(history, index, {isReconnecting: false}),
  (history, index) => withClient(history, index, {initialValue: undefined}),
  (history, index) =>
    withOp(history, index, (op) =>
      op.kind === 'edit' && op.edits.length > 1 ? {...op, edits: op.edits.slice(0, 1)} : undefined,
    ),
  (history, index) =>
    withOp(history, index, (op) =>
      op.kind === 'edit' && op.edits.length > 1 ? {...op, edits: op.edits.slice(1)} : undefined,
    ),
];
