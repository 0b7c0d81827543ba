// Several persisters, and an application's own transactions, on one and the same handle.
import {describe, expect, onTestFinished, test} from 'vitest';
import {createConnection} from '../../src/driver/connection.ts';
import {createStore} from '../../src/entry/store.ts';
import {statement} from '../../src/sql/statement.ts';
import {createDatabasePlace, databaseKinds} from './databases.ts';

for (const kind of databaseKinds) {
  describe.skipIf(kind.skipReason !== undefined)(kind.name, () => {
    test('[CN1] two persisters on one handle save side by side', async () => {
      const place = createDatabasePlace(kind);
      onTestFinished(place.remove);
      const database = await place.open();
      const stores = [createStore(), createStore()];
      const persisters = await Promise.all(
        stores.map((store, index) =>
          database.createPersister(store, index === 0 ? {mode: 'rows'} : {mode: 'json'}),
        ),
      );
      for (let count = 0; count < 10; count++) {
        for (const store of stores) {
          store.setRow('pets', `${count}`, {count});
        }
        await Promise.all(persisters.map((persister) => persister.save()));
      }
      for (const persister of persisters) {
        expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
        await persister.load();
        expect(persister.getStore().getRowCount('pets')).toBe(10);
        await persister.destroy();
      }
    });

    test('[CN4] a transaction that the application has begun on the handle is waited for', async () => {
      const place = createDatabasePlace(kind);
      onTestFinished(place.remove);
      const {driver} = await place.open();
      const connection = createConnection(driver);
      await connection.query(statement('CREATE TABLE pets (id TEXT PRIMARY KEY)'));
      await driver.query(statement('BEGIN'));
      await driver.query(statement("INSERT INTO pets VALUES ('theirs')"));
      const ours = connection.apply(() => [statement("INSERT INTO pets VALUES ('ours')")]);
      await driver.query(statement('COMMIT'));
      await ours;
      expect(
        (await connection.query(statement('SELECT id FROM pets ORDER BY id'))).map(({id}) => id),
      ).toEqual(['ours', 'theirs']);
    });
  });
}
