import {expect, test} from 'vitest';
import {runScript} from './scripts.ts';

test('check refuses a step that it does not have, and names those it has', () => {
  const {code, output} = runScript('check.mjs', 'layer');
  expect(output).toMatch(/there is no step layer; the steps are types, lint, layers, /);
  expect(code).toBe(1);
});
