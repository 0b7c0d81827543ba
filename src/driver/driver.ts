// The contract of a driver: how SQL runs on one platform, and nothing else. No queue, retry, logging, pragma or error
// class belongs in a driver: `Connection` has them once for all.
//
// There are three ways in which a host lets a list of statements be all or nothing:
// - `host`:       calls return at once, so that a whole transaction runs in one synchronous block and nobody comes
//                 between. The engine sends BEGIN and COMMIT, or the host wraps the block (`wrap`).
// - `statements`: calls return promises; the engine sends BEGIN, the statements and COMMIT over one pinned connection, or
//                 the host lends a transaction of its own (`transact`).
// - `batch`:      the host takes the whole list and keeps it atomic by itself.

import type {DialectName} from '../sql/dialect.ts';
import type {SqlRow, Statement} from '../sql/statement.ts';

export interface DriverLimits {
  /** The most parameters that one statement may have. */
  readonly maxParams: number;
  /** The most bytes of SQL text that one statement may have. */
  readonly maxSqlBytes: number;
  /** The most bytes that one text may have, in a row or in a result; so many that nobody asks, unless it is said. */
  readonly maxTextBytes?: number;
}

/** What listens to channels, until it is stopped. */
export interface Listening {
  /** The server's process that listens, where the driver knows it. */
  readonly processId?: number | undefined;
  stop(): Promise<void>;
}

interface DriverBase {
  readonly dialect: DialectName;
  readonly limits: DriverLimits;
  /**
   * What all drivers of one connection have in common: their calls go in one order, so that a transaction of one is not
   * joined by statements of another, those of a port (expose-driver.ts) included. Drivers whose transactions go over
   * connections of their own need none.
   */
  readonly handle?: object;
  /**
   * Whether all statements go over one connection, so that the counters that a connection keeps of changes tell of
   * others' (default true). Where they do not, what changed is found by reading.
   */
  readonly hasOneConnection?: boolean;
  /**
   * Whether no other process can reach the database, and a timer would keep the host awake: then others' changes, which can only be the
   * application's own, are looked for just for a while after each read and write (default false).
   */
  readonly isAlone?: boolean;
  /** What is asked in place of the dialect's `changeCounter`, where the host does not answer that. */
  readonly changeCounter?: Statement;
  /**
   * Whether the one connection is in a transaction, which is the application's, then. Wanted where a transaction that is begun
   * within another joins it instead of being refused.
   */
  readonly isInTransaction?: () => boolean;
  /** Whether the rows of RETURNING come back (default true). */
  readonly hasReturning?: boolean;
  /** Calls back whenever the database may have changed, by this handle or by others; returns how to stop. */
  readonly watch?: (onMaybeChanged: () => void) => () => void;
  /**
   * Listens to channels on which the database tells of writes. `onLost` is called once where the connection that listened is
   * gone: what was told since is lost, and nobody will be told any more, or by another process of the server.
   */
  readonly listen?: (
    channels: readonly string[],
    onTold: (channel: string, text: string) => void,
    onLost: () => void,
  ) => Promise<Listening>;
  /** Ends what the driver itself opened. The caller's handle stays open: it is the caller's. */
  readonly close?: () => void | Promise<void>;
}

export interface HostDriver extends DriverBase {
  readonly kind: 'host';
  readonly query: (statement: Statement) => readonly SqlRow[];
  /** Runs a synchronous body in a transaction, where the host forbids BEGIN; rolls back when it throws. */
  readonly wrap?: (body: () => void) => void;
  /** The same for a body that waits, for migrations: commits when it resolves, rolls back when it rejects. */
  readonly wrapAsync?: <Result>(body: () => Promise<Result>) => Promise<Result>;
  /** Waits until all that was committed is on the disk, where the host answers before it is. */
  readonly sync?: () => Promise<void>;
}

export interface StatementsDriver extends DriverBase {
  readonly kind: 'statements';
  readonly query: (statement: Statement) => Promise<readonly SqlRow[]>;
  /** Lends one connection of a pool for the length of a transaction. */
  readonly pin?: <Result>(work: (query: StatementsDriver['query']) => Promise<Result>) => Promise<Result>;
  /**
   * Runs a body in a transaction of the host's own, where the engine cannot send BEGIN by `query`: commits when the body
   * resolves, rolls back when it rejects. In mode `write` it holds the lock for writing from the start.
   */
  readonly transact?: <Result>(
    mode: 'read' | 'write',
    work: (query: StatementsDriver['query']) => Promise<Result>,
  ) => Promise<Result>;
}

export interface BatchDriver extends DriverBase {
  readonly kind: 'batch';
  readonly query: (statement: Statement) => Promise<readonly SqlRow[]>;
  readonly batch: (statements: readonly Statement[]) => Promise<readonly (readonly SqlRow[])[]>;
}

export type Driver = HostDriver | StatementsDriver | BatchDriver;

/** The limits of SQLite as it is compiled by default since 3.32; https://sqlite.org/limits.html */
export const SQLITE_LIMITS: DriverLimits = {maxParams: 32_766, maxSqlBytes: 1_000_000};

/** The limits of PostgreSQL's protocol; statements may be longer, and need not be. */
export const POSTGRES_LIMITS: DriverLimits = {maxParams: 65_535, maxSqlBytes: 1_000_000};
