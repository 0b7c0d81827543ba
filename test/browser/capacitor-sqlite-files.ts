// What a page needs of @capacitor-community/sqlite, bundled as an application's would be, with jeep-sqlite for the web.

import {readFileSync} from 'node:fs';
import {build} from 'esbuild';
import {componentFolder} from '../components/component.ts';
import type {Files} from './serve.ts';

export const bundleCapacitorSqlite = async (): Promise<Files> => {
  const folder = componentFolder('capacitor-sqlite');
  const {outputFiles} = await build({
    stdin: {
      contents: `
        export {CapacitorSQLite, SQLiteConnection} from '@capacitor-community/sqlite';
        export {defineCustomElement} from 'jeep-sqlite/dist/components/jeep-sqlite.js';`,
      resolveDir: folder,
    },
    bundle: true,
    format: 'esm',
    write: false,
    // What sql.js would read files with, where there is no browser.
    external: ['fs', 'path', 'crypto'],
    // It warns of what Stencil does where components are loaded one by one.
    logLevel: 'error',
  });
  return {
    '/capacitor-sqlite.js': outputFiles[0]?.text ?? '',
    '/assets/sql-wasm.wasm': readFileSync(`${folder}node_modules/sql.js/dist/sql-wasm.wasm`),
  };
};
