// Driver: one that is at the other end of a port, in a worker as a rule (expose-driver.ts). Knows nothing of what it is.

import type {Id} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {getUniqueId} from '../base/ids.ts';
import type {SqlRow} from '../sql/statement.ts';
import type {StatementsDriver} from './driver.ts';
import {
  type Ask,
  type DriverDescription,
  fromPlainError,
  isReply,
  type Question,
  type RemotePort,
  type Told,
} from './remote-messages.ts';
import {showLife, watchLife} from './web-life.ts';

interface Waiting {
  resolve(rows: readonly SqlRow[] | undefined): void;
  reject(error: unknown): void;
}

/**
 * Resolves once the other end has exposed its driver. When that end is gone, whatever waits for it rejects, and whatever
 * is asked for later.
 */
export const remoteDriver = async (port: RemotePort): Promise<StatementsDriver> => {
  const from: Id = getUniqueId();
  const life = await showLife();
  const waiting = new Map<number, Waiting>();
  const told = new Map<number, (what: Told) => void>();
  let lastId = 0;
  let gone: Error | undefined;
  let unwatchLife: () => void = () => undefined;

  const ask = (what: Ask, onTold?: (what: Told) => void) => {
    const id = ++lastId;
    const answer = new Promise<readonly SqlRow[] | undefined>((resolve, reject) => {
      if (gone !== undefined) {
        throw gone;
      }
      waiting.set(id, {resolve, reject});
      onTold && told.set(id, onTold);
      port.postMessage({holdfast: 'driver', from, id, ask: what} satisfies Question);
    });
    return {id, answer};
  };

  const end = (error: Error): void => {
    gone ??= error;
    unwatchLife();
    life.end();
    port.removeEventListener('message', onMessage);
    port.removeEventListener('close', onClose);
    for (const {reject} of waiting.values()) {
      reject(gone);
    }
    waiting.clear();
    for (const tell of told.values()) {
      tell('lost');
    }
    told.clear();
  };

  let describe: (description: DriverDescription) => void = () => undefined;
  const onMessage = ({data}: {readonly data?: unknown}): void => {
    if (!isReply(data)) {
      return;
    }
    if ('description' in data) {
      if (data.description === undefined) {
        end(closedError('it is exposed no more'));
      } else {
        describe(data.description);
      }
    } else if (data.to === from && 'tell' in data) {
      told.get(data.id)?.(data.tell);
    } else if (data.to === from && 'answer' in data) {
      const asked = waiting.get(data.id);
      waiting.delete(data.id);
      if ('error' in data.answer) {
        asked?.reject(fromPlainError(data.answer.error));
      } else {
        asked?.resolve(data.answer.value);
      }
    }
  };
  const onClose = (): void => end(closedError('the other end of the port is gone'));

  const description = await new Promise<DriverDescription>((resolve, reject) => {
    const onError = (event: {readonly message?: unknown}) =>
      fail(
        `the worker failed before it exposed a driver: ${String(event.message ?? 'it could not be loaded')}`,
      );
    const fail = (why: string) => {
      end(closedError(why));
      reject(new HoldfastError('driver/closed', `No database can be reached over the port: ${why}`));
    };
    const onEarlyClose = () => fail('its other end is gone');
    describe = (found) => {
      port.removeEventListener('error', onError);
      port.removeEventListener('close', onEarlyClose);
      resolve(found);
    };
    port.addEventListener('message', onMessage);
    port.addEventListener('error', onError);
    port.addEventListener('close', onEarlyClose);
    port.start?.();
    // Nobody may be listening yet: who exposes a driver tells of it, too.
    ask({kind: 'describe', lifeLock: life.name}).answer.catch(reject);
  });
  port.addEventListener('close', onClose);
  unwatchLife = watchLife(description.lifeLock, () => end(closedError('its worker or page is gone')));

  const query =
    (turn: number | undefined): StatementsDriver['query'] =>
    async (statement) =>
      (await ask({kind: 'query', statement, turn}).answer) ?? [];

  const {dialect, limits, hasOneConnection, hasReturning, canTransact, canWatch, canListen} = description;

  const inTurn = async <Result>(
    mode: 'read' | 'write',
    work: (query: StatementsDriver['query']) => Promise<Result>,
  ): Promise<Result> => {
    // Not waited for: whatever belongs to it waits there, and fails where it does.
    const {id: turn, answer} = ask({kind: 'begin', mode});
    answer.catch(() => undefined);
    let result: Result;
    try {
      result = await work(query(turn));
    } catch (error) {
      // What the work threw is what there is to tell; a worker that is gone has undone it by itself.
      await ask({kind: 'end', turn, isDone: false}).answer.catch(() => undefined);
      throw error;
    }
    const ended = ask({kind: 'end', turn, isDone: true}).answer;
    if (canTransact) {
      await ended;
    } else {
      // The COMMIT has been answered; what comes next comes behind this.
      ended.catch(() => undefined);
    }
    return result;
  };

  return {
    kind: 'statements',
    dialect,
    limits,
    hasOneConnection,
    hasReturning,
    query: query(undefined),
    ...(canTransact ? {transact: inTurn} : {pin: (work) => inTurn('write', work)}),
    ...(canWatch && {
      watch: (onMaybeChanged) => {
        const {id, answer} = ask({kind: 'watch'}, () => onMaybeChanged());
        answer.catch(() => undefined);
        return () => {
          told.delete(id);
          ask({kind: 'forget', watch: id}).answer.catch(() => undefined);
        };
      },
    }),
    ...(canListen && {
      listen: async (channels, onTold, onLost) => {
        const {id, answer} = ask({kind: 'listen', channels}, (what) =>
          typeof what === 'object' ? onTold(what.channel, what.text) : onLost(),
        );
        const [row] = (await answer) ?? [];
        return {
          processId: row?.processId as number | undefined,
          stop: async () => {
            told.delete(id);
            await ask({kind: 'forget', watch: id}).answer.catch(() => undefined);
          },
        };
      },
    }),
    close: async () => {
      if (gone === undefined) {
        await ask({kind: 'leave'}).answer;
        told.clear();
        end(closedError('it was left'));
      }
    },
  };
};

// In the words by which dialects tell that a handle is closed.
const closedError = (why: string): Error =>
  Object.assign(new Error(`The database at the other end of the port is closed: ${why}`), {code: '08006'});
