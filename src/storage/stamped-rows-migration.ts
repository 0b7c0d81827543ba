// How stamped rows are migrated: a step sees the content as plain content, and what it changes is an edit of the time of the migration,
// which others take like any other. Knows no SQL.

import {diffContent, emptyObject, noChanges} from '../base/changes.ts';
import type {Changes, Content, Id, Row, RowChanges} from '../base/content.ts';
import {type GetNow, getHlcFunctions, type Hlc} from '../merge/hlc.ts';
import {CLOCK_ID, escapeId, stampCell, unescapeId, unstampCell} from '../merge/stamped-cells.ts';
import type {Statement} from '../sql/statement.ts';
import type {MigratableLayout, Query} from './migration.ts';
import {kindOfRows} from './rows-table.ts';

export interface StampedMigrationParts {
  /** Of plain rows, which are migrated as such. */
  readonly plain: MigratableLayout;
  readonly isThere: Statement;
  readonly now: GetNow;
  /** All stamped cells. */
  readonly read: (query: Query) => Promise<Content>;
  readonly write: (query: Query, stamped: Changes) => Promise<void>;
}

export const createStampedMigration = ({
  plain,
  isThere,
  now,
  read,
  write,
}: StampedMigrationParts): MigratableLayout => {
  const isStamped = async (query: Query): Promise<boolean> => kindOfRows(await query(isThere)) === 'stamped';
  return {
    scope: plain.scope,
    hasData: async (query) => (await isStamped(query)) || plain.hasData(query),
    readAll: async (query) =>
      (await isStamped(query)) ? readPlainly(await read(query)).content : plain.readAll(query),
    replaceAll: async (query, content) => {
      if (!(await isStamped(query))) {
        return plain.replaceAll(query, content);
      }
      const {content: before, latest} = readPlainly(await read(query));
      const [getNextHlc, seenHlc] = getHlcFunctions(undefined, now);
      seenHlc(latest);
      await write(query, stampEdits(before, diffContent(before, content), getNextHlc));
    },
  };
};

// The content without what was deleted, and the latest stamp in it.
const readPlainly = ([tables, values]: Content): {content: Content; latest: Hlc} => {
  let latest: Hlc = '';
  const readRow = (texts: Row): Row => {
    const row: Row = emptyObject();
    for (const id of Object.keys(texts)) {
      const [thing, hlc] = unstampCell(texts[id]);
      latest = hlc > latest ? hlc : latest;
      if (thing !== undefined && id !== CLOCK_ID) {
        row[unescapeId(id)] = thing;
      }
    }
    return row;
  };
  const plainTables: Content[0] = emptyObject();
  for (const tableId of Object.keys(tables)) {
    for (const rowId of Object.keys(tables[tableId] ?? {})) {
      const row = readRow(tables[tableId]?.[rowId] as Row);
      if (Object.keys(row).length > 0) {
        const rows = plainTables[unescapeId(tableId)] ?? emptyObject();
        rows[unescapeId(rowId)] = row;
        plainTables[unescapeId(tableId)] = rows;
      }
    }
  }
  return {content: [plainTables, readRow(values)], latest};
};

const stampEdits = ([tables]: Content, changes: Changes, getNextHlc: () => Hlc): Changes => {
  const stamped = noChanges();
  const stampRow = (row: RowChanges): RowChanges => {
    const texts: RowChanges = emptyObject();
    for (const id of Object.keys(row)) {
      texts[escapeId(id)] = stampCell(row[id], getNextHlc());
    }
    return texts;
  };
  for (const tableId of Object.keys(changes[0])) {
    const rows: {[rowId: Id]: RowChanges} = emptyObject();
    stamped[0][escapeId(tableId)] = rows;
    for (const rowId of Object.keys(changes[0][tableId] ?? {})) {
      // A row that is gone is all its cells.
      const gone = Object.keys(tables[tableId]?.[rowId] ?? {}).map((id): [Id, undefined] => [id, undefined]);
      rows[escapeId(rowId)] = stampRow(changes[0][tableId]?.[rowId] ?? Object.fromEntries(gone));
    }
  }
  stamped[1] = stampRow(changes[1]);
  return stamped;
};
