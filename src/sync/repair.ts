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
  /** Something came that a client told of here alone: others may not have it. */
  gained(): void;
  /** A client told all that it holds the same. */
  isTold(): void;
  stop(): void;
}

export interface RepairParts {
  readonly ports: Ports;
  /** Asks all for what they have. */
  readonly askAll: () => void;
  /** Tells all what is here. */
  readonly tellAll: () => void;
  /** Tells a client what is here. */
  readonly tell: (clientId: Id) => void;
}

/** What is on its way may make it unnecessary. */
const FIRST_DELAY_MS = 1_000;

export const createRepair = ({ports, askAll, tellAll, tell}: RepairParts): Repair => {
  const behind = new Set<Id>();
  let mustAsk = false;
  let mustTell = false;

  const repairNow = () => {
    const [asks, tells, told] = [mustAsk, mustAsk || mustTell, [...behind]];
    forget();
    asks && askAll();
    tells ? tellAll() : told.forEach(tell);
  };
  const backoff = createBackoff(ports, repairNow, FIRST_DELAY_MS);

  const forget = (): void => {
    behind.clear();
    mustAsk = false;
    mustTell = false;
  };

  const resetIfDone = (): void => {
    behind.size > 0 || mustAsk || mustTell || backoff.reset();
  };

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
      resetIfDone();
    },
    gained: () => {
      mustTell = true;
      backoff.plan();
    },
    isTold: () => {
      // Whoever lacks it has heard of it.
      behind.clear();
      mustTell = false;
      resetIfDone();
    },
    stop: () => {
      forget();
      backoff.reset();
    },
  };
};
