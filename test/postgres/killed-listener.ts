// A process that loads automatically, says so, and waits to be killed.

import type {PgPool} from '../../src/driver/pg-driver.ts';
import {createPgPersister} from '../../src/entry/persisters/persister-pg.ts';
import {createStore} from '../../src/entry/store.ts';

const listen = async (pgPath = '', options = '', config = ''): Promise<void> => {
  const {default: pg} = (await import(pgPath)) as {default: {Pool: new (options: object) => PgPool}};
  const persister = await createPgPersister(
    createStore(),
    new pg.Pool(JSON.parse(options)),
    JSON.parse(config),
  );
  await persister.startAutoLoad();
  console.log('listens');
};

void listen(...process.argv.slice(2));
