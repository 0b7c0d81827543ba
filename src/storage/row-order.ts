// Reading a table page by page ends only where each page lies behind the one before. In a damaged file it may not.

import {HoldfastError} from '../base/errors.ts';

/** The number of a page's last row. Throws `driver/corrupt` where it is not above the last one of the page before. */
export const requireProgress = (tableName: string, previous: number, last: number): number => {
  if (!(last > previous)) {
    throw new HoldfastError(
      'driver/corrupt',
      `The rows of table "${tableName}" are out of order: the database file is damaged; restore a copy. Nothing was written to it.`,
      {table: tableName},
    );
  }
  return last;
};
