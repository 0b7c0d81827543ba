// SQLite as its authors publish it, in a real Chromium: on the page, in a worker, and in a worker with the store on the page.

import {certifyInChromium, startCertifying} from './certify-in-chromium.ts';

const browser = await startCertifying();

const onlyHandle = (reason: string) => ({
  '[DR4] tells that another handle holds the lock': reason,
  CN4: reason,
});
const POOL = {
  ...onlyHandle('a pool lets nobody else open the database'),
  '[DR4] tells that the file is no database': 'a pool takes nothing but databases',
};
const FILES = onlyHandle('who waits for a lock stops its worker, and so who holds it there');
const MESSAGES = {CN3: 'its calls are messages'};

await certifyInChromium(browser, {name: 'sqlite-wasm in memory', where: 'page'});
await certifyInChromium(browser, {name: 'sqlite-wasm in a pool of OPFS', where: 'worker', driver: POOL});
await certifyInChromium(browser, {
  name: 'sqlite-wasm in a pool of OPFS',
  where: 'page, the handle in a worker',
  driver: {...POOL, ...MESSAGES},
});
await certifyInChromium(browser, {name: 'sqlite-wasm in files of OPFS', where: 'worker', driver: FILES});
await certifyInChromium(browser, {
  name: 'sqlite-wasm in files of OPFS',
  where: 'page, the handle in a worker',
  driver: {...FILES, ...MESSAGES},
});
