// PGlite in a real Chromium, in memory and in IndexedDB.

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
await certifyInChromium(browser, {name: 'pglite in IndexedDB', where: 'page', ...ONE_PGLITE});
