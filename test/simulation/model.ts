// What replicas must come to: of each cell and value the latest of what was ever written there. A plain map, which knows nothing of
// trees, hashes and messages.

import type {CellOrUndefined} from '../../src/base/content.ts';
import type {MergeableChanges, MergeableContent} from '../../src/merge/mergeable.ts';

/** What was written, as text, with its stamp; a deletion is no text. */
export interface Written {
  readonly hlc: string;
  readonly text: string;
}

/** By the path of a cell or a value, as JSON. */
export type Model = Map<string, Written>;

/** Whether one is later; of equal stamps, the greater text. */
export const isLater = (one: Written, other: Written | undefined): boolean =>
  other === undefined || (one.hlc === other.hlc ? one.text > other.text : one.hlc > other.hlc);

/** Calls back with everything that stands in content or changes. */
export const forEachWritten = (
  content: MergeableContent | MergeableChanges<boolean>,
  call: (path: string, written: Written) => void,
): void => {
  const leaf = (path: readonly string[], stamped: readonly unknown[]): void => {
    const [thing, hlc = ''] = stamped as [CellOrUndefined, string?];
    call(JSON.stringify(path), {hlc, text: thing === undefined ? '' : JSON.stringify(thing)});
  };
  const [[tables], [values]] = content as MergeableContent;
  for (const [tableId, [rows]] of Object.entries(tables)) {
    for (const [rowId, [cells]] of Object.entries(rows)) {
      for (const [cellId, stamped] of Object.entries(cells)) {
        leaf([tableId, rowId, cellId], stamped);
      }
    }
  }
  for (const [valueId, stamped] of Object.entries(values)) {
    leaf([valueId], stamped);
  }
};

/** Adds to a model whatever is later there. */
export const mergeInto = (model: Model, content: MergeableContent | MergeableChanges<boolean>): void =>
  forEachWritten(content, (path, written) => {
    isLater(written, model.get(path)) && model.set(path, written);
  });

/** What of a model is not in another, or is later than what is there; but for deletions before `floor`, which may be forgotten. */
export const findMissing = (model: Model, other: Model, floor = ''): string[] =>
  [...model].flatMap(([path, written]) => {
    const there = other.get(path);
    if (there === undefined && written.text === '' && written.hlc < floor) {
      return [];
    }
    return there === undefined || isLater(written, there)
      ? [`${path}: ${describe(written)}, and there is ${describe(there)}`]
      : [];
  });

export const describe = (written: Written | undefined): string =>
  written === undefined ? 'nothing' : `${written.text === '' ? 'deleted' : written.text} at ${written.hlc}`;
