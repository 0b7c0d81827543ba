// Messages between simulated peers, without a server and without connections: they get lost, come twice, and in any order. Knows
// nothing of what they say.

import type {Id} from '../../src/base/content.ts';
import type {Receive, Send} from '../../src/sync/messages.ts';
import type {Process, World} from './world.ts';

export interface Bus {
  /** Lets a process hear; it is called by the id that is returned. */
  join(process: Process, receive: Receive): Id;
  leave(id: Id): void;
  sendFrom(id: Id): Send;
  partition(name: string): void;
  /** For all: nothing is lost any more. */
  heal(name?: string): void;
}

const LOSS = 0.12;
const DOUBLING = 0.1;
const MAX_DELAY_MS = 600;

export const createBus = (world: World): Bus => {
  const members = new Map<Id, {readonly process: Process; readonly receive: Receive}>();
  const partitioned = new Set<string>();
  let memberCount = 0;
  let isLossy = true;

  const isCutOff = (...processes: readonly Process[]): boolean =>
    processes.some(({name}) => partitioned.has(name));

  return {
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
        for (let count = 0; count < copyCount; count++) {
          world.after(world.delay(1, MAX_DELAY_MS), () => {
            if (process.isAlive && members.has(memberId) && !isCutOff(sender, process)) {
              receive(id, requestId, message, structuredClone(copy));
            }
          });
        }
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
};
