// Saves texts with their stamps into the tables that the configuration of the `tabular` layout names: of each cell the later one
// stays, and so do the edits of those who know of no stamps. Inside one transaction that nobody else writes stamps in: reads what
// is stored of the rows, decides, and has the winners written. Knows the mapping; nothing of transactions and loading.

import {spellId} from '../base/cell-text.ts';
import {emptyObject, isEmptyObject, noChanges} from '../base/changes.ts';
import type {
  Cell,
  Changes,
  Content,
  Id,
  Row,
  RowChanges,
  TableChanges,
  TablesChanges,
} from '../base/content.ts';
import type {Hlc} from '../merge/hlc.ts';
import {escapeId, STAMP_LENGTH, unescapeId, unstampCell} from '../merge/stamped-cells.ts';
import type {Dialect} from '../sql/dialect.ts';
import type {LogEntry} from './change-log.ts';
import {readerOf} from './content-reader.ts';
import type {ResolvedTabular} from './database-config.ts';
import type {StampTable} from './stamp-table.ts';
import {cellsAmong, rowsAmong} from './stamped-changes.ts';
import {
  columnIdOf,
  deletedText,
  isDeletedNote,
  type Notes,
  noteOf,
  noteOfRemains,
  stampRow,
} from './stamped-row.ts';
import type {Steps} from './steps.ts';
import type {Write} from './storage.ts';
import {pickCells, VALUES_ROW_ID} from './tabular-load.ts';
import {fillCondition, type TabularReader} from './tabular-reader.ts';
import type {TabularSaver} from './tabular-save.ts';
import type {Schema, TableSchema} from './tabular-schema.ts';
import {createDamage, isRowId, type OpenedRow, type StampedRows} from './tabular-stamped-rows.ts';

export interface StampedSaver {
  /** Stores what wins. */
  saveAll(schema: Schema, write: Write, isSingle?: boolean): Steps<StampedSave>;
}

interface StampedSave {
  /** The rows of which something else is stored than was given. */
  readonly others: readonly LogEntry[];
  /** The rows of which only the stamps were written: a deletion of what was never there. */
  readonly unwritten: readonly LogEntry[];
}

export interface StampedSaverParts {
  readonly dialect: Dialect;
  readonly config: ResolvedTabular;
  readonly reader: TabularReader;
  readonly saver: TabularSaver;
  readonly stamps: StampTable;
  readonly rows: StampedRows;
}

/** One table to save to. */
interface Target {
  readonly tableName: string;
  /** Undefined for the table that values lie in. */
  readonly tableId: Id | undefined;
  readonly isMirror: boolean;
  /** What rows have to meet to be deleted. */
  readonly condition: string | undefined;
}

/** What is to be written: changed cells, and the rows that they lead to, by the ids of the table's. */
interface Chosen {
  readonly changes: Changes;
  readonly whole: Content;
}

export const createStampedSaver = ({
  dialect,
  config,
  reader,
  saver,
  stamps,
  rows: stampedRows,
}: StampedSaverParts): StampedSaver => {
  const {load, save, valuesLoad, valuesSave, valuesTableName} = config;
  const loadedNames = new Set(load.map(({tableName}) => tableName));
  const targets: readonly Target[] = [
    ...save.map(({tableName, tableId, condition}) => ({
      tableName,
      tableId,
      isMirror: !loadedNames.has(tableName),
      condition: fillCondition(dialect, condition, tableName),
    })),
    ...(valuesSave === false
      ? []
      : [
          {
            tableName: valuesTableName,
            tableId: undefined,
            isMirror: valuesLoad === false,
            condition: undefined,
          },
        ]),
  ];

  const valuesIn = (values: RowChanges): RowChanges =>
    Array.isArray(valuesSave) ? pickCells(values, valuesSave.map(escapeId)) : values;

  // The rows that are given, and what is given of each.
  const givenTo = ({tableId}: Target, {changes, store}: Pick<Write, 'changes' | 'store'>): Given => {
    if (tableId === undefined) {
      const values = valuesIn(changes === undefined ? store.getValues() : changes[1]);
      return {ids: isEmptyObject(values) ? [] : [VALUES_ROW_ID], textsOf: () => values};
    }
    if (changes === undefined) {
      return {ids: store.getRowIds(tableId), textsOf: (id) => store.getRow(tableId, id)};
    }
    const rows = Object.hasOwn(changes[0], tableId) ? changes[0][tableId] : undefined;
    return {ids: Object.keys(rows ?? {}), textsOf: (id) => cellsAmong(rows, id)};
  };

  // Decides what is stored of rows of one table, and notes it. Answers with the ids of those of which something else is, and of those that
  // themselves are not written to.
  function* decide(
    schema: Schema,
    target: Target,
    given: Given,
    chosen: Chosen,
  ): Steps<{readonly lost: readonly Id[]; readonly unwritten: readonly Id[]}> {
    const lost: Id[] = [];
    const unwritten: Id[] = [];
    for (let start = 0; start < given.ids.length; start += ROWS_A_PORTION) {
      const ids = given.ids.slice(start, start + ROWS_A_PORTION);
      const {tableName, isMirror, condition} = target;
      // Who set what is given did not know of what was edited by SQL, and nobody has stamped yet.
      stampedRows.see(latestStamp(ids.map(given.textsOf)));
      const opened = yield* stampedRows.open(tableName, schema.get(tableName), ids, {
        onDamage: ignore,
        isHeld: true,
        isMirror,
        condition,
      });
      const noted = new Map<Id, Notes>();
      for (const id of ids) {
        const row = opened.get(id) as OpenedRow;
        const decided = chooseCells(row, given.textsOf(id), isMirror);
        if (decided.isChanged || row.isEdited) {
          noted.set(id, decided.notes);
        }
        if (decided.isLost) {
          lost.push(id);
        }
        const isWritten = !isEmptyObject(decided.cells) && choose(chosen, target, id, row.row, decided);
        if (decided.isChanged && !isWritten) {
          unwritten.push(id);
        }
      }
      yield* stamps.writeRows(tableName, noted);
    }
    return {lost, unwritten};
  }

  // What the database made of the rows that were written: others' tables have defaults, types and triggers.
  function* readBack(table: TableSchema, target: Target, chosen: Chosen): Steps<readonly Id[]> {
    const rows: TableChanges = target.tableId === undefined ? {} : (chosen.changes[0][target.tableId] ?? {});
    const rowIds =
      target.tableId === undefined
        ? isEmptyObject(chosen.changes[1])
          ? []
          : [VALUES_ROW_ID]
        : Object.keys(rows);
    const edited: Id[] = [];
    for (let start = 0; start < rowIds.length; start += ROWS_A_PORTION) {
      const some = rowIds.slice(start, start + ROWS_A_PORTION);
      const {rows: notesOf} = yield* stamps.readRows(table.name, some.map(escapeId));
      const damage = createDamage(ignore);
      const stored = yield* reader.readIds(table, some, damage.note);
      const noted = new Map<Id, Notes>();
      for (const rowId of some) {
        const id = escapeId(rowId);
        const row = Object.hasOwn(stored, rowId)
          ? withoutNulls(stored[rowId] as Row, notesOf.get(id))
          : undefined;
        // What the database gave a cell that nobody gave anything is earlier than whatever anybody gives it.
        const give = stampedRows.giveStamp(false);
        const stamped = stampRow(row, notesOf.get(id) ?? {}, give, damage.of(rowId));
        if (stamped.isEdited) {
          noted.set(id, stamped.notes);
          edited.push(id);
        }
      }
      yield* stamps.writeRows(table.name, noted);
    }
    return edited;
  }

  return {
    *saveAll(schema, write, isSingle = false) {
      yield* stamps.open();
      const chosen: Chosen = {changes: noChanges(), whole: [emptyObject(), emptyObject()]};
      const others: LogEntry[] = [];
      const unwritten: LogEntry[] = [];
      const entriesOf = ({tableName}: Target, ids: readonly Id[]): LogEntry[] =>
        ids.filter(isRowId).map((id) => ({table: tableName, row: keyOf(id)}));
      const newNames = targets.map(({tableName}) => tableName).filter((name) => !schema.has(name));
      for (const target of targets) {
        const decided = yield* decide(schema, target, givenTo(target, write), chosen);
        others.push(...entriesOf(target, decided.lost));
        unwritten.push(...entriesOf(target, decided.unwritten));
      }
      const totalRows =
        write.changes === undefined
          ? save.reduce((sum, {tableId}) => sum + write.store.getRowCount(tableId), 0)
          : undefined;
      const how = {
        changes: chosen.changes,
        since: undefined,
        store: readerOf(chosen.whole),
        onProgress: (doneRows: number) => write.onProgress(doneRows, totalRows),
      };
      yield* saver.saveAll(schema, {...write, ...how}, isSingle);
      if (totalRows !== undefined) {
        write.onProgress(totalRows, totalRows);
      }
      for (const target of targets) {
        const table = schema.get(target.tableName);
        if (table !== undefined && !target.isMirror && !table.isOurs) {
          others.push(...entriesOf(target, yield* readBack(table, target, chosen)));
        }
      }
      for (const name of new Set(newNames)) {
        if (schema.has(name)) {
          yield* stamps.noteKnown(name);
        }
      }
      return {others, unwritten};
    },
  };
};

/** Rows that are read and decided on at once. */
const ROWS_A_PORTION = 1_000;

interface Given {
  readonly ids: readonly Id[];
  readonly textsOf: (id: Id) => RowChanges;
}

interface Decided {
  /** What is to be written, by the ids of the columns. */
  readonly cells: RowChanges;
  readonly notes: Notes;
  readonly isChanged: boolean;
  /** Whether anything that was given is older than what is stored. */
  readonly isLost: boolean;
}

const latestStamp = (rows: readonly RowChanges[]): Hlc => {
  let latest = '';
  for (const row of rows) {
    for (const cellId of Object.keys(row)) {
      const stamp = String(row[cellId]).slice(0, STAMP_LENGTH);
      latest = stamp > latest ? stamp : latest;
    }
  }
  return latest.trimEnd();
};

const chooseCells = (
  {texts, notes, row, isOutside}: OpenedRow,
  given: RowChanges,
  isMirror: boolean,
): Decided => {
  const cells: RowChanges = emptyObject();
  const nextNotes: Notes = Object.assign(emptyObject<Notes>(), notes);
  let isChanged = false;
  let isLost = false;
  for (const cellId of Object.keys(given)) {
    const text = given[cellId] as string;
    const stored = storedText(cellId, {texts, notes}, isMirror);
    if (stored !== undefined && text <= stored) {
      isLost ||= text < stored && Object.hasOwn(texts, cellId);
      continue;
    }
    nextNotes[cellId] = noteOf(text);
    isChanged = true;
    const columnId = columnIdOf(cellId);
    if (columnId === undefined) {
      continue;
    }
    const cell = unstampCell(text)[0];
    if (cell === undefined && isOutside) {
      // The condition says what may be deleted.
      nextNotes[cellId] = noteOfRemains(noteOf(text), (row as Row)[columnId]);
    } else {
      cells[columnId] = cell;
    }
  }
  return {cells, notes: nextNotes, isChanged, isLost};
};

// Over what cannot be read goes a later edit alone. What is not loaded is as if it were deleted: whatever has its stamp is stored again.
const storedText = (
  cellId: Id,
  {texts, notes}: Pick<OpenedRow, 'texts' | 'notes'>,
  isMirror: boolean,
): string | undefined =>
  Object.hasOwn(texts, cellId)
    ? texts[cellId]
    : Object.hasOwn(notes, cellId)
      ? deletedText(notes[cellId] as string) + (isMirror ? '' : GREATEST)
      : undefined;

/** Greater than any JSON. */
const GREATEST = '\uFFFF';

// Whether the row itself is written to.
const choose = (
  {changes, whole}: Chosen,
  {tableId}: Target,
  id: Id,
  row: Row | undefined,
  {cells, notes}: Decided,
): boolean => {
  const isDead = Object.values(notes).every(isDeletedNote);
  const set = row === undefined ? withoutDeleted(cells) : cells;
  const after = row === undefined ? set : withoutDeleted({...row, ...cells});
  // What a row does not have need not be taken from it.
  const isWritten = Object.keys(set).some(
    (cellId) => set[cellId] !== undefined || Object.hasOwn(row ?? {}, cellId),
  );
  if (tableId === undefined) {
    Object.assign(changes[1], set);
    Object.assign(whole[1], after);
    return isWritten;
  }
  if (!isRowId(id) || (isDead && row === undefined)) {
    return false;
  }
  rowsAmong(changes[0], tableId)[unescapeId(id)] = isDead ? undefined : set;
  rowsAmong(whole[0] as TablesChanges, tableId)[unescapeId(id)] = after;
  return isWritten || isDead;
};

const withoutDeleted = (cells: RowChanges): RowChanges => {
  const some: RowChanges = emptyObject();
  for (const cellId of Object.keys(cells)) {
    if (cells[cellId] !== undefined) {
      some[cellId] = cells[cellId];
    }
  }
  return some;
};

// What a column of somebody else's holds that nobody gave anything.
const withoutNulls = (row: Row, notes: Notes = {}): Row => {
  const some: Row = emptyObject();
  for (const cellId of Object.keys(row)) {
    if (row[cellId] !== null || Object.hasOwn(notes, escapeId(cellId))) {
      some[cellId] = row[cellId] as Cell;
    }
  }
  return some;
};

const keyOf = (id: Id): string => spellId(unescapeId(id));

const ignore = (): void => undefined;
