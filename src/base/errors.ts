// The one error class of the project, and the list of its codes. Knows nothing of who throws.

/**
 * What went wrong, as `area/what`. Codes are stable; messages may improve.
 *
 * - `argument/…`: the caller passed something that can never work; thrown at once, nothing was done.
 * - `driver/…`: the database or its binding refused.
 * - `storage/…`: what is stored cannot be read, or must not be written.
 * - `sync/…`: what came from others, or did not come.
 * - `persister/…`: the life cycle of a persister.
 */
export type HoldfastErrorCode =
  | 'argument/invalid'
  | 'argument/unknown-option'
  | 'argument/wrong-handle'
  | 'driver/statement-failed'
  | 'driver/busy'
  | 'driver/full'
  | 'driver/corrupt'
  | 'driver/read-only'
  | 'driver/closed'
  | 'driver/constraint'
  | 'driver/missing'
  | 'driver/too-large'
  | 'storage/unreadable'
  | 'storage/newer-version'
  | 'storage/wrong-kind'
  | 'storage/compacted'
  | 'storage/clock-ahead'
  | 'storage/migration-failed'
  | 'storage/lost-race'
  | 'storage/custom-failed'
  | 'storage/file-failed'
  | 'storage/locked'
  | 'storage/quota'
  | 'storage/unavailable'
  | 'sync/timeout'
  | 'sync/overloaded'
  | 'sync/malformed'
  | 'sync/closed'
  | 'sync/refused'
  | 'sync/not-stored'
  | 'sync/clock-ahead'
  | 'persister/destroyed'
  | 'persister/unsupported-store';

export type ErrorDetails = {readonly [name: string]: unknown};

/**
 * Every error that Holdfast throws or rejects with. `message` says what happened, to what, and what to do;
 * `details` holds facts for a program (never the data of the application); `cause` is the error underneath.
 */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: HoldfastErrorCode;
  readonly details: ErrorDetails;

  constructor(code: HoldfastErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : {cause});
    this.code = code;
    this.details = details;
  }
}

/** Whether something caught is a `HoldfastError`, and of this code where one is given. */
export const isHoldfastError = (error: unknown, code?: HoldfastErrorCode): error is HoldfastError =>
  error instanceof HoldfastError && (code === undefined || error.code === code);
