// The questions of one synchronizer that wait for an answer, each with its time limit. Knows neither stores nor how messages travel.

import type {Id, IdOrNull} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import type {Ports} from '../base/ports.ts';
import type {Message, Send} from './messages.ts';

/** Requests that wait for an answer at one time; more are not sent. */
const MAX_PENDING = 100;
/** Of 64 characters each: among the requests of one client there are no two of one id, and others do not guess it. */
const ID_LENGTH = 8;

type Answer = readonly [fromClientId: Id, body: unknown];

interface Pending {
  readonly message: Message;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export interface Requests {
  /** Resolves with the first answer. Rejects with `sync/timeout`, `sync/overloaded`, or what `reject` or `fail` say. */
  ask(to: IdOrNull, message: Message, body: unknown): Promise<Answer>;
  /** What an answer with this id is an answer to; undefined where nobody waits for one. */
  asked(requestId: IdOrNull): Message | undefined;
  /** Whether anybody waited for this answer. */
  resolve(requestId: IdOrNull, answer: Answer): boolean;
  reject(requestId: IdOrNull, error: Error): boolean;
  /** Whether an answer is one more to the last question to all. */
  isLate(requestId: IdOrNull): boolean;
  /** No answer will come to anything that was asked. */
  fail(error: Error): void;
}

export const createRequests = (send: Send, ports: Ports, timeoutSeconds: number): Requests => {
  const pending = new Map<Id, Pending>();
  let askedAllId: Id | undefined;

  const take = (requestId: IdOrNull): Pending | undefined => {
    const request = requestId === null ? undefined : pending.get(requestId);
    if (requestId !== null) {
      pending.delete(requestId);
    }
    return request;
  };

  return {
    ask: async (to, message, body) => {
      if (pending.size >= MAX_PENDING) {
        throw new HoldfastError('sync/overloaded', `${MAX_PENDING} requests wait for an answer already`);
      }
      const requestId = ports.uniqueId().slice(-ID_LENGTH);
      askedAllId = to === null ? requestId : askedAllId;
      let timer: unknown;
      try {
        return await new Promise<Answer>((resolve, reject) => {
          pending.set(requestId, {message, resolve, reject});
          const giveUp = () =>
            reject(
              new HoldfastError(
                'sync/timeout',
                `Nobody answered message ${message} within ${timeoutSeconds} s`,
                {message},
              ),
            );
          timer = ports.setTimer(giveUp, timeoutSeconds * 1_000);
          send(to, requestId, message, body);
        });
      } finally {
        pending.delete(requestId);
        ports.clearTimer(timer);
      }
    },
    asked: (requestId) => (requestId === null ? undefined : pending.get(requestId)?.message),
    resolve: (requestId, answer) => {
      const request = take(requestId);
      request?.resolve(answer);
      return request !== undefined;
    },
    reject: (requestId, error) => {
      const request = take(requestId);
      request?.reject(error);
      return request !== undefined;
    },
    isLate: (requestId) => requestId !== null && requestId === askedAllId,
    fail: (error) => {
      for (const request of [...pending.values()]) {
        request.reject(error);
      }
    },
  };
};
