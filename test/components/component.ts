// Loads a real component that only tests need: a package installed in a folder of its own here (see scripts/components.mjs).
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';

/**
 * What a component's package exports: `requireComponent<typeof import('…')>('sqlite3', 'sqlite3')`.
 * Throws, with what to do, where `npm test` has not installed it.
 */
export const requireComponent = <Module>(component: string, specifier: string): Module => {
  const folder = componentFolder(component);
  return createRequire(`${folder}package.json`)(specifier) as Module;
};

/** The folder of an installed component, with a slash at its end. */
export const componentFolder = (component: string): string => {
  const folder = fileURLToPath(new URL(`./${component}/`, import.meta.url));
  if (!existsSync(`${folder}node_modules`)) {
    throw new Error(`test/components/${component} is not installed; \`npm test\` does that`);
  }
  return folder;
};
