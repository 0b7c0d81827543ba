// The end of a port where the database is: runs what others ask for over a driver that is here. Knows nothing of who they
// are, nor of what they store.
//
// Invariants:
// 1. A transaction of somebody else has the handle to itself until it ends; persisters that are here wait for it.
// 2. Of somebody who is gone nothing stays open: what was begun is rolled back.

import type {Id} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {dialects} from '../sql/dialects.ts';
import {type SqlRow, statement} from '../sql/statement.ts';
import type {Driver, HostDriver, StatementsDriver} from './driver.ts';
import {queueOf} from './handle-queue.ts';
import {
  type Answer,
  type Ask,
  type DriverDescription,
  isQuestion,
  type RemotePort,
  type Reply,
  type Told,
  toPlainError,
} from './remote-messages.ts';
import {showLife, watchLife} from './web-life.ts';

type Query = StatementsDriver['query'];

/** A transaction of somebody else's, which has the handle. */
interface Turn {
  readonly query: Query;
  end(isDone: boolean): Promise<void>;
}

interface User {
  /** Each resolves once the handle is lent; what belongs to it may be asked for before. */
  readonly turns: Map<number, Promise<Turn>>;
  readonly watches: Map<number, () => void | Promise<void>>;
  unwatchLife: () => void;
}

/**
 * Lets the other end of a port use a driver that is here, in a worker as a rule: `createWorkerPersister` is for there.
 * Returns how to stop.
 *
 * @param driver Its handle stays open for as long as it is exposed, and the application sends no statements of its own
 * over it meanwhile; persisters that are here may use it too.
 * @param port `self` in a dedicated worker, or a `MessagePort`. Other messages may go over it as well.
 */
export const exposeDriver = (driver: Driver, port: RemotePort): (() => void) => {
  const exposable = requireExposable(driver);
  const {query, turn} = createTurns(exposable);
  const users = new Map<Id, User>();
  const life = showLife();

  const post = (reply: Reply): void => port.postMessage(reply);

  const describe = async (): Promise<DriverDescription> => ({
    dialect: driver.dialect,
    limits: {...driver.limits},
    hasOneConnection: driver.hasOneConnection !== false,
    hasReturning: driver.hasReturning !== false,
    canTransact: 'transact' in exposable && exposable.transact !== undefined,
    canWatch: driver.watch !== undefined,
    canListen: driver.listen !== undefined,
    lifeLock: (await life).name,
  });

  const forgetUser = async (from: Id): Promise<void> => {
    const user = users.get(from);
    users.delete(from);
    user?.unwatchLife();
    await Promise.all([
      ...[...(user?.turns.values() ?? [])].map((lending) =>
        lending.then(
          (lent) => lent.end(false),
          // It was never lent.
          () => undefined,
        ),
      ),
      ...[...(user?.watches.values() ?? [])].map((unwatch) => unwatch()),
    ]);
  };

  const userOf = (from: Id): User => {
    const user = users.get(from) ?? {turns: new Map(), watches: new Map(), unwatchLife: () => undefined};
    users.set(from, user);
    return user;
  };

  const answer = async (from: Id, id: number, ask: Ask): Promise<readonly SqlRow[] | undefined> => {
    const user = userOf(from);
    const tell = (what: Told) => post({holdfast: 'driver', to: from, id, tell: what});
    switch (ask.kind) {
      case 'describe':
        user.unwatchLife = watchLife(ask.lifeLock, () => void forgetUser(from));
        post({holdfast: 'driver', description: await describe()});
        return undefined;
      case 'query':
        return ask.turn === undefined
          ? query(ask.statement)
          : (await turnOf(user, ask.turn)).query(ask.statement);
      case 'begin': {
        const lending = turn(ask.mode);
        user.turns.set(id, lending);
        await lending;
        return undefined;
      }
      case 'end': {
        const lending = turnOf(user, ask.turn);
        user.turns.delete(ask.turn);
        await (await lending).end(ask.isDone);
        return undefined;
      }
      case 'watch':
        user.watches.set(id, driver.watch?.(() => tell('changed')) ?? (() => undefined));
        return undefined;
      case 'listen': {
        const listening = await driver.listen?.(
          ask.channels,
          (channel, text) => tell({channel, text}),
          () => tell('lost'),
        );
        user.watches.set(id, () => listening?.stop());
        return [{processId: listening?.processId}];
      }
      case 'forget': {
        const unwatch = user.watches.get(ask.watch);
        user.watches.delete(ask.watch);
        await unwatch?.();
        return undefined;
      }
      case 'leave':
        await forgetUser(from);
        return undefined;
    }
  };

  const onMessage = async ({data}: {readonly data?: unknown}): Promise<void> => {
    if (isQuestion(data)) {
      const {from, id, ask} = data;
      const answered: Answer = await answer(from, id, ask).then(
        (value) => ({value}),
        (error) => ({error: toPlainError(error)}),
      );
      post({holdfast: 'driver', to: from, id, answer: answered});
    }
  };
  const onClose = (): void => {
    for (const from of users.keys()) {
      void forgetUser(from);
    }
  };

  port.addEventListener('message', onMessage);
  port.addEventListener('close', onClose);
  port.start?.();
  // Whoever asked before this was listening was not heard.
  void describe().then((description) => post({holdfast: 'driver', description}));
  return () => {
    port.removeEventListener('message', onMessage);
    port.removeEventListener('close', onClose);
    onClose();
    post({holdfast: 'driver', description: undefined});
    void life.then(({end}) => end());
  };
};

const turnOf = (user: User, id: number): Promise<Turn> => {
  const turn = user.turns.get(id);
  if (turn === undefined) {
    throw new Error('The transaction is over, or its database is closed');
  }
  return turn;
};

type Exposable = HostDriver | StatementsDriver;

const requireExposable = (driver: Driver): Exposable => {
  if ((driver?.kind === 'host' && driver.wrap === undefined) || driver?.kind === 'statements') {
    return driver;
  }
  throw new HoldfastError(
    'argument/wrong-handle',
    'exposeDriver wants a driver whose transactions may take several turns, such as sqliteWasmDriver(sqlite3, db) makes',
  );
};

const createTurns = (driver: Exposable) => {
  const queue = queueOf(driver);
  const direct: Query = async (sent) => driver.query(sent);
  const {transact, pin} = driver.kind === 'statements' ? driver : {};
  const rollback = statement(dialects[driver.dialect].rollback);

  /** Resolves once the handle is lent; it is until the turn is ended. */
  const turn = (mode: 'read' | 'write'): Promise<Turn> =>
    new Promise((resolve, reject) => {
      const lent = queue.add(async () => {
        const work = (query: Query) =>
          new Promise<void>((done, undo) => {
            const end = async (isDone: boolean): Promise<void> => {
              if (isDone) {
                done();
                return lent;
              }
              if (transact === undefined) {
                // There is nothing to roll back where the user has done so already.
                await query(rollback).catch(() => undefined);
                done();
              } else {
                undo(UNDONE);
              }
              return lent.catch((error) => {
                if (error !== UNDONE) {
                  throw error;
                }
              });
            };
            resolve({query, end});
          });
        if (transact !== undefined) {
          await transact(mode, work);
        } else {
          await (pin === undefined ? work(direct) : pin(work));
        }
      });
      lent.catch(reject);
    });

  return {query: (sent: Parameters<Query>[0]) => queue.add(() => direct(sent)), turn};
};

// What a transaction of the host's is told where its user rolls it back.
const UNDONE = new Error('The transaction was rolled back');
