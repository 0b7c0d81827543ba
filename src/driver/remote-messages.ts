// What the two ends of a port say to one another: the one that has a driver (expose-driver.ts), and the one that uses it
// (remote-driver.ts). Knows the words; nothing of when they are said.
//
//   user → host   {holdfast, from, id, ask}       ask: describe | query | begin | end | watch | listen | forget | leave
//   host → user   {holdfast, to, id, answer}      answer: {value} | {error}
//   host → user   {holdfast, to, id, tell}        of the watch or channel that was asked for with that id
//   host → all    {holdfast, description}         once it is there, so that nobody asked too early; undefined: no more

import type {Id} from '../base/content.ts';
import type {DialectName} from '../sql/dialect.ts';
import type {SqlRow, Statement} from '../sql/statement.ts';
import type {DriverLimits} from './driver.ts';

/** The part of a `Worker`, a `MessagePort`, or the global of a dedicated worker that is called. */
export interface RemotePort {
  postMessage(message: unknown): void;
  addEventListener(type: 'message' | 'close' | 'error', listener: PortListener): void;
  removeEventListener(type: 'message' | 'close' | 'error', listener: PortListener): void;
  /** A `MessagePort` has it. */
  start?(): void;
}

type PortListener = (event: {
  readonly type: string;
  readonly data?: unknown;
  readonly message?: unknown;
}) => void;

/** What a driver is, without its functions. */
export interface DriverDescription {
  readonly dialect: DialectName;
  readonly limits: DriverLimits;
  readonly hasOneConnection: boolean;
  readonly hasReturning: boolean;
  readonly canTransact: boolean;
  readonly canWatch: boolean;
  readonly canListen: boolean;
  /** A lock that the host holds for as long as it lives; undefined where it has no locks. */
  readonly lifeLock: string | undefined;
}

export type Ask =
  | {readonly kind: 'describe'; readonly lifeLock: string | undefined}
  /** `turn`: the id of the `begin` whose transaction it belongs to. */
  | {readonly kind: 'query'; readonly statement: Statement; readonly turn: number | undefined}
  | {readonly kind: 'begin'; readonly mode: 'read' | 'write'}
  | {readonly kind: 'end'; readonly turn: number; readonly isDone: boolean}
  | {readonly kind: 'watch'}
  | {readonly kind: 'listen'; readonly channels: readonly string[]}
  /** Ends the watch, or stops listening, that was asked for with this id. */
  | {readonly kind: 'forget'; readonly watch: number}
  | {readonly kind: 'leave'};

export interface Question {
  readonly holdfast: 'driver';
  readonly from: Id;
  readonly id: number;
  readonly ask: Ask;
}

export type Answer = {readonly value: readonly SqlRow[] | undefined} | {readonly error: PlainError};

/** That something may have changed, that nobody is told any more, or what was told on a channel. */
export type Told = 'changed' | 'lost' | {readonly channel: string; readonly text: string};

export type Reply =
  | {readonly holdfast: 'driver'; readonly to: Id; readonly id: number; readonly answer: Answer}
  | {readonly holdfast: 'driver'; readonly to: Id; readonly id: number; readonly tell: Told}
  | {readonly holdfast: 'driver'; readonly description: DriverDescription | undefined};

/** An error as it crosses a port: what dialects tell faults by (codes, names, messages) stays. */
export interface PlainError {
  readonly message: string;
  readonly [name: string]: unknown;
}

export const isQuestion = (data: unknown): data is Question => isOurs(data) && 'ask' in data;

export const isReply = (data: unknown): data is Reply => isOurs(data) && !('ask' in data);

export const toPlainError = (error: unknown): PlainError => {
  if (!(error instanceof Error)) {
    return {message: String(error)};
  }
  const facts = Object.entries(error).filter(([, fact]) => ['string', 'number'].includes(typeof fact));
  return {...Object.fromEntries(facts), name: error.name, message: error.message};
};

export const fromPlainError = ({message, ...facts}: PlainError): Error =>
  Object.defineProperties(
    new Error(message),
    Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [name, {value, enumerable: name !== 'name'}]),
    ),
  );

const isOurs = (data: unknown): data is {readonly holdfast: 'driver'} =>
  typeof data === 'object' && data !== null && (data as {holdfast?: unknown}).holdfast === 'driver';
