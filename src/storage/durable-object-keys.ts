// The key-value storage of a Durable Object, and what takes more keys than the host takes in one call. Knows nothing of what
// lies there.

/** The part of a Durable Object's `ctx.storage`, and of its transactions, that is called. */
export interface DurableObjectKeys {
  get(keys: string[]): Promise<Map<string, unknown>>;
  put(entries: {[key: string]: unknown}): Promise<void>;
  delete(keys: string[]): Promise<unknown>;
  list(options: {prefix: string; startAfter?: string; limit: number}): Promise<Map<string, unknown>>;
}

export interface DurableObjectKeyStorage extends DurableObjectKeys {
  transaction<Result>(work: (transaction: DurableObjectKeys) => Promise<Result>): Promise<Result>;
  sync(): Promise<void>;
}

/** What the host takes in one call; https://developers.cloudflare.com/durable-objects/api/storage-api/ */
const KEYS_A_CALL = 128;
const KEYS_A_PAGE = 1_000;

/** Everything under the prefix, in the order of the keys. */
export const listAll = async (
  keys: DurableObjectKeys,
  prefix: string,
  onProgress: (keyCount: number) => void = () => undefined,
): Promise<Map<string, unknown>> => {
  const all = new Map<string, unknown>();
  for (let startAfter: string | undefined; ; ) {
    const page = await keys.list({
      prefix,
      limit: KEYS_A_PAGE,
      ...(startAfter === undefined ? {} : {startAfter}),
    });
    for (const [key, stored] of page) {
      all.set(key, stored);
      startAfter = key;
    }
    onProgress(all.size);
    if (page.size < KEYS_A_PAGE) {
      return all;
    }
  }
};

/** The items in portions that the host takes in one call. */
export const cut = <Item>(items: readonly Item[]): Item[][] =>
  Array.from({length: Math.ceil(items.length / KEYS_A_CALL)}, (_, index) =>
    items.slice(index * KEYS_A_CALL, (index + 1) * KEYS_A_CALL),
  );

export const putAll = async (
  keys: DurableObjectKeys,
  entries: readonly (readonly [string, unknown])[],
): Promise<void> => {
  for (const some of cut(entries)) {
    await keys.put(Object.fromEntries(some));
  }
};

export const deleteAll = async (keys: DurableObjectKeys, names: readonly string[]): Promise<void> => {
  for (const some of cut(names)) {
    await keys.delete(some);
  }
};
