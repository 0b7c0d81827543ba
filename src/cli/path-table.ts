// Which table of the database keeps the store of a path. Knows nothing of databases.

import {createHash} from 'node:crypto';

/** PostgreSQL keeps 63 bytes of a name, and the layout adds a suffix of its own. */
const MAX_LENGTH = 45;

/**
 * `room_todos` for the path `todos`. No two paths have one table: what is not a small letter, a digit or `_` is spelt `$` and its code of
 * four digits, since databases may not tell capitals from small letters; and what is too long then is `room$$` and a hash of the path.
 */
export const tableOfPath = (pathId: string): string => {
  const spelt = pathId.replace(
    /[^a-z0-9_]/g,
    (unit) => `$${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const name = `room_${spelt}`;
  return name.length <= MAX_LENGTH
    ? name
    : `room$$${createHash('sha256').update(pathId, 'utf16le').digest('hex').slice(0, 38)}`;
};
