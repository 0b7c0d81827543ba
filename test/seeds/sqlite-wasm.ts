// Imports for documents that use sqlite-wasm: the real module `@sqlite.org/sqlite-wasm`, and everything else as ever.
import {importComponent} from '../components/component.ts';
import {importFromDocument} from '../examples/package-under-test.ts';

const MODULE = '@sqlite.org/sqlite-wasm';

export const importSqliteWasm = (specifier: string): Promise<object> =>
  specifier === MODULE ? importComponent('sqlite-wasm', MODULE) : importFromDocument(specifier);
