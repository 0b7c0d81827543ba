import {DatabaseSync} from 'node:sqlite';
import {describe, expect, onTestFinished, test} from 'vitest';
import {createConnection} from '../driver/connection.ts';
import {sqliteNodeDriver} from '../driver/sqlite-node-driver.ts';
import {fromStampedCells, toStampedChanges} from '../merge/stamped-cells.ts';
import {createMergeableStore} from '../store/create-mergeable-store.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {readerOf} from './content-reader.ts';
import {createLayout} from './create-layout.ts';
import {type DpcTabular, resolveDatabaseConfig} from './database-config.ts';

const ignore = () => undefined;

const openDatabase = (sql = '') => {
  const db = new DatabaseSync(':memory:');
  onTestFinished(() => db.close());
  db.exec(sql);
  return db;
};

const BOTH: DpcTabular['tables'] = {load: {pets: 'pets'}, save: {pets: 'pets'}};

const open = (db: DatabaseSync, tables: DpcTabular['tables'] = BOTH, statements: string[] = []) => {
  const config = resolveDatabaseConfig({
    mode: 'tabular',
    tables: tables ?? {},
    values: {load: true, save: true},
  });
  const connection = createConnection(sqliteNodeDriver(db), {onSqlCommand: (sql) => statements.push(sql)});
  const storage = createLayout(connection, config).forMergeable?.();
  if (storage === undefined) {
    throw new Error('none');
  }
  return {
    storage,
    save: (store: MergeableStore, changes?: Parameters<typeof toStampedChanges>[0]) => {
      const [tables, values] = toStampedChanges(store.getMergeableContent());
      return storage.write({
        changes: changes && toStampedChanges(changes),
        isExplicit: false,
        store: readerOf([tables, values] as never),
        onProgress: ignore,
        onFault: ignore,
      });
    },
    load: async (store = createMergeableStore()) => {
      const read = await storage.read(ignore);
      read && store.applyMergeableChanges(fromStampedCells(read.content));
      return store;
    },
  };
};

describe('x', () => {
  test('[MS20] a', async () => {
    const db = openDatabase();
    const one = createMergeableStore('one');
    one.setTables({pets: {fido: {age: 1, toys: ['ball', {of: 'rubber'}], name: null}, felix: {age: 2}}});
    one.setValues({open: true, motto: 'x'});
    one.delCell('pets', 'fido', 'age').delRow('pets', 'felix').delValue('open');
    const statements: string[] = [];
    const place = open(db, BOTH, statements);
    await place.save(one);
    console.log(
      statements.splice(0),
      db.prepare('select * from holdfast_stamps').all(),
      db.prepare('select * from pets').all(),
    );
    const back = await place.load();
    console.log(statements.splice(0));
    expect(back.getMergeableContent()).toEqual(one.getMergeableContent());
    db.exec("UPDATE pets SET toys='[1]'; INSERT INTO pets (_id, name) VALUES ('rex', 'Rex')");
    const third = await open(db).load();
    console.log(JSON.stringify(third.getContent()));
    await place.load(one);
    expect(third.getMergeableContent()).toEqual(one.getMergeableContent());
    db.exec("delete from pets where _id='fido'");
    await place.load(one);
    console.log(JSON.stringify(one.getContent()));
    await place.load(third);
    expect(third.getMergeableContent()).toEqual(one.getMergeableContent());
    statements.splice(0);
    one.setCell('pets', 'rex', 'age', 3);
    await place.save(one, [
      [{pets: [{rex: [{age: one.getMergeableContent()[0][0].pets?.[0].rex?.[0].age as never}]}]}],
      [{}],
      1,
    ]);
    console.log(statements.splice(0));
  });
});
