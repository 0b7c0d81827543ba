// Messages between simulated peers, without a server and without connections: they get lost, come twice, and in any order; or, as between
// the tabs of a browser, come once each and in order, but for tabs that are frozen. Knows nothing of what they say.

import type {Id} from '../../src/base/content.ts';
import type {BroadcastChannelLike} from '../../src/sync/broadcast-channel-synchronizer.ts';
import type {Receive, Send} from '../../src/sync/messages.ts';
import type {Process, World} from './world.ts';

export interface Bus {
  /** Lets a process hear; it is called by the id that is returned. */
  join(process: Process, receive: Receive): Id;
  leave(id: Id): void;
  sendFrom(id: Id): Send;
  /** The class of broadcast channels that a process has. */
  channelsOf(process: Process): new (name: string) => BroadcastChannelLike;
  partition(name: string): void;
  /** For all: nothing is lost any more. */
  heal(name?: string): void;
}

const LOSS = 0.12;
const DOUBLING = 0.1;
const MAX_DELAY_MS = 600;

export const createBus = (world: World, {isReliable}: {readonly isReliable: boolean}): Bus => {
  const members = new Map<Id, {readonly process: Process; readonly receive: Receive}>();
  const partitioned = new Set<string>();
  let memberCount = 0;
  let isLossy = !isReliable;
  let sentCount = 0;
  const lastArrived = new Map<string, {atMs: number; number: number}>();

  const isCutOff = (...processes: readonly Process[]): boolean =>
    processes.some(({name}) => partitioned.has(name));

  const bus: Bus = {
    join: (process, receive) => {
      const id = `${process.name}#${memberCount++}`;
      members.set(id, {process, receive});
      return id;
    },
    leave: (id) => members.delete(id),
    sendFrom: (id) => (to, requestId, message, body) => {
      const sender = members.get(id)?.process;
      if (!sender?.isAlive) {
        return;
      }
      const copy = structuredClone(body);
      for (const [memberId, {process, receive}] of members) {
        if (memberId === id || (to !== null && to !== memberId)) {
          continue;
        }
        const lot = isLossy ? world.random() : 1;
        const copyCount = lot < LOSS ? 0 : lot < LOSS + DOUBLING ? 2 : 1;
        copyCount === 1 || world.count(copyCount === 0 ? 'message lost' : 'message twice');
        const pair = `${id} ${memberId}`;
        for (let count = 0; count < copyCount; count++) {
          const number = sentCount++;
          let delayMs = world.delay(1, MAX_DELAY_MS);
          const last = lastArrived.get(pair) ?? {atMs: 0, number: 0};
          if (isReliable) {
            delayMs = Math.max(delayMs, last.atMs - world.nowMs());
            lastArrived.set(pair, {atMs: world.nowMs() + delayMs, number});
          }
          world.after(delayMs, () => {
            if (!process.isAlive || !members.has(memberId)) {
              return;
            }
            if (isCutOff(sender, process)) {
              world.count(isReliable ? 'message to a frozen tab' : 'message into a partition');
              return;
            }
            if (!isReliable) {
              const before = lastArrived.get(pair) ?? {atMs: 0, number: 0};
              number < before.number && world.count('message out of order');
              lastArrived.set(pair, {atMs: 0, number: Math.max(number, before.number)});
            }
            receive(id, requestId, message, structuredClone(copy));
          });
        }
      }
    },
    channelsOf: (process) =>
      class implements BroadcastChannelLike {
        onmessage: BroadcastChannelLike['onmessage'] = null;
        readonly #id = bus.join(process, (_from, _requestId, _message, data) => this.onmessage?.({data}));
        postMessage(data: unknown): void {
          world.count('message on a broadcast channel');
          bus.sendFrom(this.#id)(null, null, 0, data);
        }
        close(): void {
          bus.leave(this.#id);
        }
      },
    partition: (name) => {
      partitioned.add(name);
    },
    heal: (name) => {
      if (name === undefined) {
        partitioned.clear();
        isLossy = false;
      } else {
        partitioned.delete(name);
      }
    },
  };
  return bus;
};
