// wa-sqlite in a real Chromium, over OPFS in a worker and over IndexedDB on the page.

import {certifyInChromium, startCertifying} from './certify-in-chromium.ts';

const browser = await startCertifying();

const withoutLocks = (reason: string) => ({
  driver: {
    CN3: 'its calls return promises',
    CN4: reason,
    '[DR4] tells that another handle holds the lock': reason,
    '[DR4] tells that the file is no database': 'nothing but SQLite reaches the file',
  },
});
const POOL = withoutLocks('a pool lets nobody else open the database');
const FILES = withoutLocks('its locks are between workers, and not between the handles of one');
const INDEXED_DB = withoutLocks('of an asynchronous build nothing may be called while another call waits');

await certifyInChromium(browser, {
  name: 'wa-sqlite in memory',
  where: 'page',
  driver: {
    CN3: 'its calls return promises',
    '[DR4] tells that the file is no database': 'nothing but SQLite reaches the file',
  },
});
await certifyInChromium(browser, {name: 'wa-sqlite in a pool of OPFS', where: 'worker', ...POOL});
await certifyInChromium(browser, {
  name: 'wa-sqlite in a pool of OPFS',
  where: 'page, the handle in a worker',
  ...POOL,
});
await certifyInChromium(browser, {name: 'wa-sqlite in files of OPFS', where: 'worker', ...FILES});
await certifyInChromium(browser, {name: 'wa-sqlite in IndexedDB', where: 'page', ...INDEXED_DB});
