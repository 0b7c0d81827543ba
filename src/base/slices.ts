// Long work in slices, between which the host does what else there is to do: a page draws and answers. Knows nothing of
// what the work is, nor how the host is let in.

/** To be awaited every few hundred steps of the work; lets the host in where the slice has been long enough. */
export type Pause = () => Promise<void>;

/** How long a slice is, about: half of the time that a page has for a picture. */
const SLICE_MS = 8;
/** Items that are sorted at once. */
const RUN_LENGTH = 2_048;

/** A `Pause` that lets the host in by `yieldToHost`. */
export const createPause = (now: () => number, yieldToHost: () => Promise<unknown>): Pause => {
  let startMs = now();
  return async () => {
    if (now() - startMs >= SLICE_MS) {
      await yieldToHost();
      startMs = now();
    }
  };
};

/** The items from `start` on, in groups, with a pause behind each. */
export const forEachGroup = async <Item>(
  items: readonly Item[],
  groupLength: number,
  pause: Pause,
  work: (group: readonly Item[]) => void,
): Promise<void> => {
  for (let start = 0; start < items.length; start += groupLength) {
    work(items.slice(start, start + groupLength));
    await pause();
  }
};

/** The items in order; those that are equal stay as they were. */
export const sortInSlices = async <Item>(
  items: readonly Item[],
  compare: (one: Item, other: Item) => number,
  pause: Pause,
): Promise<readonly Item[]> => {
  let runs: (readonly Item[])[] = [];
  await forEachGroup(items, RUN_LENGTH, pause, (group) => {
    runs.push(group.toSorted(compare));
  });
  while (runs.length > 1) {
    const merged: (readonly Item[])[] = [];
    for (let index = 0; index < runs.length; index += 2) {
      const [one, other] = [runs[index] as readonly Item[], runs[index + 1]];
      merged.push(other === undefined ? one : await mergeRuns(one, other, compare, pause));
    }
    runs = merged;
  }
  return runs[0] ?? [];
};

const mergeRuns = async <Item>(
  one: readonly Item[],
  other: readonly Item[],
  compare: (one: Item, other: Item) => number,
  pause: Pause,
): Promise<readonly Item[]> => {
  const merged: Item[] = [];
  let [first, second] = [0, 0];
  while (first < one.length || second < other.length) {
    const isFirst =
      second === other.length ||
      (first < one.length && compare(one[first] as Item, other[second] as Item) <= 0);
    merged.push(isFirst ? (one[first++] as Item) : (other[second++] as Item));
    if (merged.length % RUN_LENGTH === 0) {
      await pause();
    }
  }
  return merged;
};
