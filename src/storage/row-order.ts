// Reading a table page by page ends only where each page lies behind the one before. In a damaged file it may not.

import {HoldfastError} from '../base/errors.ts';

/** The number of a page's last row. Throws `driver/corrupt` where it is not above the last one of the page before. */
export const requireProgress = (tableName: string, previous: number, last: number): number => {
  if (!(last > previous)) {
    throw outOfOrder(tableName);
  }
  return last;
};

/** Throws `driver/corrupt` where pages had fewer rows, or more, than the table has. */
export const requireComplete = (tableName: string, doneRows: number, totalRows: number): void => {
  if (doneRows !== totalRows) {
    throw outOfOrder(tableName);
  }
};

const outOfOrder = (tableName: string): HoldfastError =>
  new HoldfastError(
    'driver/corrupt',
    `The rows of table "${tableName}" are out of order: the database file is damaged; restore a copy. Nothing was written to it.`,
    {table: tableName},
  );
