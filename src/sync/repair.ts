// What is done where replicas that should hold the same are found not to, and nobody may say anything any more: all are asked again where
// an answer did not come, and who lacks something is told; soon at first, then less and less often. Knows neither messages nor stores.

import type {Id} from '../base/content.ts';
import type {Ports} from '../base/ports.ts';
import {createBackoff} from '../persister/backoff.ts';

export interface Repair {
  /** An answer did not come: something may be missing here. */
  missed(): void;
  /** A client was found to lack something. */
  isBehind(clientId: Id): void;
  /** A client was found to hold the same. */
  isEqual(clientId: Id): void;
  stop(): void;
}

export interface RepairParts {
  readonly ports: Ports;
  /** Asks all for what they have, and tells them what is here. */
  readonly askAll: () => void;
  /** Tells a client what is here. */
  readonly tell: (clientId: Id) => void;
}

export const createRepair = ({ports, askAll, tell}: RepairParts): Repair => {
  const behind = new Set<Id>();
  let mustAsk = false;

  const backoff = createBackoff(ports, () => {
    const told = [...behind];
    const asks = mustAsk;
    behind.clear();
    mustAsk = false;
    asks ? askAll() : told.forEach(tell);
  });

  return {
    missed: () => {
      mustAsk = true;
      backoff.plan();
    },
    isBehind: (clientId) => {
      behind.add(clientId);
      backoff.plan();
    },
    isEqual: (clientId) => {
      behind.delete(clientId);
      behind.size > 0 || mustAsk || backoff.reset();
    },
    stop: () => {
      behind.clear();
      mustAsk = false;
      backoff.reset();
    },
  };
};
