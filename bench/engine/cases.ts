// The bare driver's way with the rows that the engine's benchmarks store: the floor that nothing can be under.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import Database from 'better-sqlite3';
import type {BenchRow} from './rows.ts';

/** A new database file in WAL mode, synchronous NORMAL; `dispose` closes and removes it. */
export const openDatabase = () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const db = new Database(join(folder, 'bench.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  return {
    db,
    dispose: () => {
      db.close();
      rmSync(folder, {recursive: true, force: true});
    },
  };
};

/** Inserts all rows with one prepared statement in one transaction. */
export const bareInsert = (db: Database.Database, rows: {[rowId: string]: BenchRow}): void => {
  db.exec('CREATE TABLE bare (id TEXT PRIMARY KEY, name, count, score, active, note)');
  const insert = db.prepare('INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?)');
  db.exec('BEGIN IMMEDIATE');
  for (const rowId of Object.keys(rows)) {
    const {name, count, score, active, note} = rows[rowId] as BenchRow;
    insert.run(rowId, name, count, score, active ? 1 : 0, note);
  }
  db.exec('COMMIT');
};

/** Selects all rows and builds a plain object of each. */
export const bareLoad = (db: Database.Database): {[rowId: string]: BenchRow} => {
  const rows: {[rowId: string]: BenchRow} = {};
  for (const row of db.prepare('SELECT * FROM bare').all() as (BenchRow & {id: string})[]) {
    rows[row.id] = {
      name: row.name,
      count: row.count,
      score: row.score,
      active: Boolean(row.active),
      note: row.note,
    };
  }
  return rows;
};

/** Upserts one row in a transaction of its own, over and over. */
export const bareUpsert = (db: Database.Database): ((index: number) => void) => {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const upsert = db.prepare(
    'INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET count = excluded.count',
  );
  return (index) => {
    begin.run();
    upsert.run(`row${index % 100}`, 'name', index, 1.5, 1, 'some text');
    commit.run();
  };
};
