// What a page needs for the tests of IndexedDB: Holdfast, and the real TinyBase beside it. Bundled and loaded by the test.

export * as tinybase from 'tinybase';
export {createIndexedDbPersister as createTinyBasePersister} from 'tinybase/persisters/persister-indexed-db';
export * as holdfast from '../../src/entry/index.ts';
export {createIndexedDbPersister} from '../../src/entry/persisters/persister-indexed-db.ts';
