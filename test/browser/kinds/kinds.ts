// The kinds of databases that are certified inside a browser, by name.

import type {BrowserKind} from './browser-kind.ts';
import {capacitorSqlite} from './capacitor-sqlite.ts';
import {expoSqlite} from './expo-sqlite.ts';
import {pgliteInIndexedDb, pgliteInMemory} from './pglite.ts';
import {sqliteWasmInMemory, sqliteWasmInOpfs, sqliteWasmInPool} from './sqlite-wasm.ts';
import {waSqliteInIndexedDb, waSqliteInMemory, waSqliteInOpfs, waSqliteInPool} from './wa-sqlite.ts';

export const browserKinds = {
  'sqlite-wasm in memory': sqliteWasmInMemory,
  'sqlite-wasm in a pool of OPFS': sqliteWasmInPool,
  'sqlite-wasm in files of OPFS': sqliteWasmInOpfs,
  'wa-sqlite in memory': waSqliteInMemory,
  'wa-sqlite in a pool of OPFS': waSqliteInPool,
  'wa-sqlite in files of OPFS': waSqliteInOpfs,
  'wa-sqlite in IndexedDB': waSqliteInIndexedDb,
  'capacitor-sqlite over jeep-sqlite': capacitorSqlite,
  'expo-sqlite’s web build': expoSqlite,
  'pglite in memory': pgliteInMemory,
  'pglite in IndexedDB': pgliteInIndexedDb,
} satisfies {readonly [name: string]: () => Promise<BrowserKind>};

export type BrowserKindName = keyof typeof browserKinds;
