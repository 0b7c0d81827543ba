// PGlite in a real Chromium, in memory and in IndexedDB.

import {expect, test} from 'vitest';
import type {PgliteDatabase} from '../../src/driver/pglite-driver.ts';
import type {AnyPersister} from '../../src/entry/persisters.ts';
import type {Store} from '../../src/entry/store.ts';
import {certifyInChromium, startCertifying} from './certify-in-chromium.ts';

const browser = await startCertifying();

const ONE_PGLITE = {
  driver: {
    CN3: 'its calls return promises',
    CN4: 'nobody else can lock it',
    '[DR4] tells that the database is full': 'a browser’s quota is no limit of its own',
    '[DR4] tells that the file is no database': 'nothing but PGlite reaches its files',
    '[DR4] tells that another handle holds the lock': 'nobody else can lock it',
    '[DR4] tells that the handle is read-only': 'a PGlite cannot be opened read-only',
    '[DR4] tells that the handle is closed': 'all that a test opens share one PGlite',
  },
};

await certifyInChromium(browser, {name: 'pglite in memory', where: 'page', ...ONE_PGLITE});
await certifyInChromium(browser, {
  name: 'pglite in memory',
  where: 'page, the handle in a worker',
  persisterLayouts: ['rows'],
  ...ONE_PGLITE,
});
await certifyInChromium(browser, {
  name: 'pglite in IndexedDB',
  where: 'page',
  // Each write takes a tenth of a second.
  persisterLayouts: ['rows'],
  ...ONE_PGLITE,
});

declare const window: {
  readonly holdfast: {
    createStore(): Store;
    createPglitePersister(store: Store, pglite: PgliteDatabase, config: object): Promise<AnyPersister>;
    openPglite(url: string): Promise<PgliteDatabase>;
  };
};

test('[PG2] two persisters of one PGlite tell one another of each edit', async () => {
  const profile = await browser.newProfile();
  const page = await profile.newPage();
  const found = await page.evaluate(async () => {
    const {createStore, createPglitePersister, openPglite} = window.holdfast;
    const pglite = await openPglite('memory://');
    const stores = [createStore(), createStore()] as const;
    const persisters = await Promise.all(
      stores.map((store) =>
        createPglitePersister(store, pglite, {mode: 'rows', autoLoadIntervalSeconds: 3_600}),
      ),
    );
    for (const persister of persisters) {
      await persister.startAutoPersisting();
    }
    const [one, other] = stores;
    const heardBy = (store: Store, rowId: string) =>
      new Promise<void>((resolve) => store.addRowListener('pets', rowId, () => resolve()));
    const heard = [heardBy(other, 'fido'), heardBy(one, 'felix')];
    one.setRow('pets', 'fido', {species: 'dog'});
    await heard[0];
    other.setRow('pets', 'felix', {species: 'cat'});
    await heard[1];
    for (const persister of persisters) {
      await persister.destroy();
    }
    return stores.map((store) => store.getRowIds('pets'));
  });
  expect(found).toEqual([
    ['fido', 'felix'],
    ['fido', 'felix'],
  ]);
  await profile.close();
});
