// Content as text in which any two that differ differ, whatever a test runner takes for equal: -0 is not 0, ids like
// `__proto__` count, and the order of tables, rows and cells does not.

import {stringifyJson} from '../base/cell-text.ts';

/** The text of a content, a row, a cell or anything else that JSON can carry. */
export const exactText = (thing: unknown): string => {
  if (Array.isArray(thing)) {
    return `[${thing.map(exactText).join(',')}]`;
  }
  if (typeof thing === 'object' && thing !== null) {
    const members = Object.keys(thing)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${exactText((thing as Record<string, unknown>)[key])}`);
    return `{${members.join(',')}}`;
  }
  return thing === undefined ? 'undefined' : stringifyJson(thing);
};
