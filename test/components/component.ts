// Loads a real component that only tests need: a package installed in a folder of its own here (see scripts/components.mjs).
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath, pathToFileURL} from 'node:url';

/**
 * What a component's package exports: `(await importComponent<{default: …}>('sqlite3', 'sqlite3')).default`.
 * Rejects, with what to do, where `npm test` has not installed it.
 */
export const importComponent = async <Module>(component: string, specifier: string): Promise<Module> => {
  const path = createRequire(`${componentFolder(component)}package.json`).resolve(specifier);
  return (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Module;
};

/** The folder of an installed component, with a slash at its end. */
export const componentFolder = (component: string): string => {
  const folder = fileURLToPath(new URL(`./${component}/`, import.meta.url));
  if (!existsSync(`${folder}node_modules`)) {
    throw new Error(`test/components/${component} is not installed; \`npm test\` does that`);
  }
  return folder;
};
