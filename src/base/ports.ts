// What the engine needs of its host, as ports: a clock, timers, and a place for warnings. The platform's own are
// the default; a simulator passes others. Knows no platform but what every JavaScript host has.

import type {Id} from './content.ts';
import {getUniqueId} from './ids.ts';

/** A handle that cancels what was set; opaque. */
export type TimerHandle = unknown;

export interface Ports {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back once after `delayMs`. A timer `inBackground` does not keep a process alive, where the host can avoid it. */
  readonly setTimer: (callback: () => void, delayMs: number, inBackground?: boolean) => TimerHandle;
  readonly clearTimer: (handle: TimerHandle) => void;
  /** Resolves when the host has done what else there was to do: for long work, between its slices. */
  readonly yieldToHost: () => Promise<void>;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** An id that nobody else has, of 16 characters. */
  readonly uniqueId: () => Id;
  /** Tells a developer of a background fault that nobody listens to. */
  readonly warn: (message: string, error: unknown) => void;
}

declare const setTimeout: (callback: () => void, delayMs: number) => unknown;
declare const clearTimeout: (handle: unknown) => void;
interface MessagePortLike {
  onmessage: (() => void) | null;
  postMessage(message: null): void;
  close(): void;
}
declare const MessageChannel:
  | (new () => {readonly port1: MessagePortLike; readonly port2: MessagePortLike})
  | undefined;
declare const console: {warn: (...parts: unknown[]) => void};

/** The host's clock alone, for those who want no more. */
export const hostNow = (): number => Date.now();

/** The ports of whatever host this runs on. */
export const hostPorts: Ports = {
  now: hostNow,
  setTimer: (callback, delayMs, inBackground = false) => {
    const handle = setTimeout(callback, delayMs) as {unref?: () => void};
    if (inBackground) {
      handle.unref?.();
    }
    return handle;
  },
  clearTimer: (handle) => clearTimeout(handle),
  // A message comes behind what waits already, and at once: timers that set one another are held up, in browsers.
  yieldToHost: () =>
    new Promise((resolve) => {
      if (typeof MessageChannel === 'undefined') {
        setTimeout(resolve, 0);
        return;
      }
      const {port1, port2} = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    }),
  random: () => Math.random(),
  uniqueId: () => getUniqueId(),
  warn: (message, error) => console.warn(message, error),
};
