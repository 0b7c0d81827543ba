// What a page needs of expo-sqlite, bundled as an application's would be: the module, and the worker that it starts.

import {type BuildOptions, build} from 'esbuild';
import {componentFolder} from '../components/component.ts';
import type {Files} from './serve.ts';

const bundle = async (source: BuildOptions): Promise<string> => {
  const {outputFiles} = await build({
    ...source,
    bundle: true,
    write: false,
    resolveExtensions: ['.web.ts', '.web.js', '.ts', '.tsx', '.js'],
    loader: {'.wasm': 'dataurl'},
    define: {__DEV__: 'false', 'process.env.EXPO_OS': '"web"', global: 'globalThis'},
    // What loads databases that come with an application, and tools for developers.
    external: ['expo-asset', 'expo/devtools'],
  });
  return outputFiles?.[0]?.text ?? '';
};

export const bundleExpoSqlite = async (): Promise<Files> => {
  const folder = componentFolder('expo-sqlite');
  const contents =
    "export {addDatabaseChangeListener, deleteDatabaseAsync, openDatabaseAsync} from 'expo-sqlite';";
  return {
    '/expo-sqlite.js': await bundle({stdin: {contents, resolveDir: folder}, format: 'esm'}),
    // The package starts it by this name, as a classic script.
    '/worker': await bundle({
      entryPoints: [`${folder}node_modules/expo-sqlite/web/worker.ts`],
      format: 'iife',
    }),
  };
};
