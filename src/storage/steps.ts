// Drives the steps of a reader or writer over a query function, where no transaction of `Connection` does it.

import type {SqlRow, Statement} from '../sql/statement.ts';
import type {Query} from './migration.ts';

/** Statements that are run one after another, each handed its rows. */
export type Steps<Result = void> = Generator<Statement, Result, readonly SqlRow[]>;

export const runSteps = async <Result>(query: Query, steps: Steps<Result>): Promise<Result> => {
  let step = steps.next();
  while (!step.done) {
    step = steps.next(await query(step.value));
  }
  return step.value;
};
