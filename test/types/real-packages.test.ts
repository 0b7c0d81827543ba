// Handles as the real packages declare them are taken by the entries for them. Compiled, not run.

import {spawnSync} from 'node:child_process';
import {rmSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, onTestFinished, test} from 'vitest';
import {componentFolder} from '../components/component.ts';

const TSC = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
const ENTRIES = fileURLToPath(new URL('../../src/entry/', import.meta.url));

const USES = {
  'electric-sql': `
    import type {ElectricClient} from 'electric-sql/client/model';
    import {createElectricSqlPersister} from '${ENTRIES}persisters/persister-electric-sql.ts';
    import {createStore} from '${ENTRIES}store.ts';
    declare const client: ElectricClient<any>;
    const same: ElectricClient<any> = createElectricSqlPersister(createStore(), client).getElectricClient();
    void same;`,
  tauri: `
    /// <reference lib="dom" />
    import Database from '@tauri-apps/plugin-sql';
    import {createTauriSqlPersister} from '${ENTRIES}persisters/persister-tauri-sql.ts';
    import {createStore} from '${ENTRIES}store.ts';
    const same: Database = createTauriSqlPersister(createStore(), Database.get('sqlite:test.db')).getDatabase();
    void same;`,
  workerd: `
    /// <reference types="@cloudflare/workers-types" />
    import {createDurableObjectSqlStoragePersister as create} from '${ENTRIES}persisters/persister-durable-object-sql-storage.ts';
    import {createDurableObjectStoragePersister as createKeys} from '${ENTRIES}persisters/persister-durable-object-storage.ts';
    import {createStore} from '${ENTRIES}store.ts';
    declare const storage: DurableObjectStorage;
    const one: SqlStorage = create(createStore(), storage.sql, {mode: 'fragmented'}).getSqlStorage();
    const other: SqlStorage = create(createStore(), storage, {mode: 'rows'}).getSqlStorage();
    const keys: DurableObjectStorage = createKeys(createStore(), storage, 'prefix').getStorage();
    void [one, other, keys];
    import {createMergeableStore} from '${ENTRIES}mergeable-store.ts';
    import {getWsServerDurableObjectFetch, WsServerDurableObject} from '${ENTRIES}synchronizers/synchronizer-ws-server-durable-object.ts';
    export class Rooms extends WsServerDurableObject<{readonly SECRET: string}> {
      createPersister() {
        return createKeys(createMergeableStore(), this.ctx.storage, this.env.SECRET);
      }
    }
    export default {fetch: getWsServerDurableObjectFetch('ROOMS')} satisfies ExportedHandler<{
      ROOMS: DurableObjectNamespace<Rooms>;
    }>;`,
};

test.each(Object.entries(USES))('takes a handle as %s declares it', (component, source) => {
  const path = `${componentFolder(component)}node_modules/.uses-${process.pid}.mts`;
  onTestFinished(() => rmSync(path, {force: true}));
  writeFileSync(path, source);
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
  const {status, stdout} = spawnSync(
    TSC,
    [...options, '--allowImportingTsExtensions', '--lib', 'es2023', '--types', '', '--ignoreConfig', path],
    {encoding: 'utf8'},
  );
  expect([stdout, status]).toEqual(['', 0]);
});
