// Virtual time: what happens later happens in the order of its time, one thing after the other, with all promises settled between.
// One seed gives one history. Knows nothing of what happens.

import {createHash} from 'node:crypto';
import type {Ports} from '../../src/base/ports.ts';
import {createRandom} from '../places/random.ts';

/** Something that runs, and may be killed: of what it was about to do, nothing happens. */
export interface Process {
  readonly name: string;
  isAlive: boolean;
  /** How far its clock is from the world's. */
  skewMs: number;
}

export interface World {
  readonly random: () => number;
  /** A whole number from 0 on, below `below`. */
  pick(below: number): number;
  /** A delay of `minMs` at least, mostly short, at times `maxMs` nearly. */
  delay(minMs: number, maxMs: number): number;
  nowMs(): number;
  after(delayMs: number, action: () => void): {cancel(): void};
  /** Resolves then; never where the process is killed before. */
  sleep(process: Process, delayMs: number): Promise<void>;
  portsOf(process: Process): Ports;
  /** Lets things happen until then, or until nothing is left to happen. */
  runUntil(endMs: number): Promise<void>;
  /** Notes what happened. */
  note(who: string, what: string): void;
  readonly trace: readonly string[];
  /** Counts what happened, by name. */
  count(what: string): void;
  readonly counts: ReadonlyMap<string, number>;
  /** A digest of all that was noted, and when. */
  digest(): string;
}

interface Event {
  readonly atMs: number;
  readonly number: number;
  readonly action: () => void;
  isCancelled: boolean;
}

/** When the world begins. */
const EPOCH_MS = 1_700_000_000_000;

export const createWorld = (seed: number): World => {
  const random = createRandom(seed);
  const events = createHeap();
  const trace: string[] = [];
  const counts = new Map<string, number>();
  let nowMs = 0;
  let eventCount = 0;
  let idCount = 0;

  const world: World = {
    random,
    pick: (below) => Math.floor(random() * below),
    delay: (minMs, maxMs) => minMs + Math.floor((maxMs - minMs) * random() ** 4),
    nowMs: () => nowMs,
    after: (delayMs, action) => {
      const event: Event = {
        atMs: nowMs + Math.max(0, delayMs),
        number: eventCount++,
        action,
        isCancelled: false,
      };
      events.push(event);
      return {
        cancel: () => {
          event.isCancelled = true;
        },
      };
    },
    sleep: (process, delayMs) =>
      new Promise((resolve) => {
        world.after(delayMs, () => process.isAlive && resolve());
      }),
    portsOf: (process) => ({
      now: () => EPOCH_MS + nowMs + process.skewMs,
      setTimer: (callback, delayMs) => world.after(delayMs, () => process.isAlive && callback()),
      clearTimer: (timer) => (timer as {cancel(): void} | undefined)?.cancel(),
      yieldToHost: () => world.sleep(process, 0),
      random,
      uniqueId: () => `${process.name}-${idCount++}`.padEnd(16, '-'),
      warn: (message, error) => world.note(process.name, `warns: ${message} ${String(error)}`),
    }),
    runUntil: async (endMs) => {
      for (let next = events.peek(); next !== undefined && next.atMs <= endMs; next = events.peek()) {
        events.pop();
        if (!next.isCancelled) {
          nowMs = next.atMs;
          next.action();
          // Behind it, no promise is left that could go on.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      nowMs = endMs;
    },
    note: (who, what) => {
      trace.push(`${String(nowMs).padStart(7)} ms  ${who.padEnd(8)} ${what}`);
    },
    trace,
    count: (what) => {
      counts.set(what, (counts.get(what) ?? 0) + 1);
    },
    counts,
    digest: () => createHash('sha256').update(trace.join('\n')).digest('hex'),
  };
  return world;
};

const isBefore = (one: Event, other: Event): boolean =>
  one.atMs === other.atMs ? one.number < other.number : one.atMs < other.atMs;

/** Events, the next one first. */
const createHeap = () => {
  const heap: Event[] = [];
  const swap = (one: number, other: number): void => {
    [heap[one], heap[other]] = [heap[other] as Event, heap[one] as Event];
  };
  return {
    peek: (): Event | undefined => heap[0],
    push: (event: Event): void => {
      let at = heap.push(event) - 1;
      for (
        let parent = (at - 1) >> 1;
        at > 0 && isBefore(event, heap[parent] as Event);
        parent = (at - 1) >> 1
      ) {
        swap(at, parent);
        at = parent;
      }
    },
    pop: (): void => {
      swap(0, heap.length - 1);
      heap.pop();
      for (let at = 0; ; ) {
        let first = at;
        for (const child of [2 * at + 1, 2 * at + 2]) {
          if (child < heap.length && isBefore(heap[child] as Event, heap[first] as Event)) {
            first = child;
          }
        }
        if (first === at) {
          return;
        }
        swap(at, first);
        at = first;
      }
    },
  };
};
