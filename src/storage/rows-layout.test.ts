import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import Database from 'better-sqlite3';
import {expect, onTestFinished, test} from 'vitest';
import {createBetterSqlite3Persister} from '../entry/persisters/persister-better-sqlite3.ts';
import {createStore} from '../entry/store.ts';

test('[RW4] a damaged row in a database that can only be read is told of, and the rest is read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-rows-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  const path = join(folder, 'pets.db');
  const db = new Database(path);
  const store = createStore().setTables({pets: {fido: {age: 1}, felix: {age: 2}}});
  const saver = createBetterSqlite3Persister(store, db, {mode: 'rows'});
  await saver.save();
  await saver.destroy();
  db.exec("UPDATE holdfast SET cells = '{' WHERE row_id = 'fido'");
  db.close();

  const reader = new Database(path, {readonly: true});
  onTestFinished(() => {
    reader.close();
  });
  const loaded = createStore();
  const persister = createBetterSqlite3Persister(loaded, reader, {mode: 'rows'});
  await expect(persister.load()).rejects.toMatchObject({
    code: 'storage/unreadable',
    message: expect.stringContaining('can only be read'),
  });
  expect(loaded.getTables()).toEqual({pets: {felix: {age: 2}}});
  await persister.destroy();
});
