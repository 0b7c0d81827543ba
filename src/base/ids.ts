// Ids that nobody chose: numbers counted up and handed out again once they are free, and random unique ids.
// Knows nothing of what the ids are for.

import type {Id} from './content.ts';

/** Hands out `'0'`, `'1'`, `'2'` …; freed ids come first, the one that was freed first before the others. */
export type IdPool = {
  /** The next id; with `reuse` false always one that was never handed out. */
  readonly take: (reuse?: boolean) => Id;
  /** Lets an id be handed out again. Ids that are not made of digits are left alone. */
  readonly free: (id: Id) => void;
};

export const createIdPool = (): IdPool => {
  let nextId = 0;
  let freed: Id[] = [];
  // A position instead of `shift()`, which moves the whole of a large array.
  let position = 0;

  return {
    take: (reuse = true) => {
      if (!reuse || position === freed.length) return `${nextId++}`;
      const id = freed[position++] as Id;
      if (position === freed.length) {
        freed = [];
        position = 0;
      }
      return id;
    },
    free: (id) => {
      if (/^\d+$/.test(id)) freed.push(id);
    },
  };
};

/** What six bits are spelt as; in the order of code points. */
export const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

/**
 * A random id of `length` characters (16 by default), each a letter, a digit, `-` or `_`, so that it can stand in a URL.
 * Random numbers come from `crypto` where the host has it, from `Math.random` otherwise.
 */
export const getUniqueId = (length = 16): Id => {
  const bytes = new Uint8Array(length);
  const {crypto} = globalThis as {crypto?: {getRandomValues(bytes: Uint8Array): unknown}};
  if (crypto) crypto.getRandomValues(bytes);
  else bytes.set(Array.from(bytes, () => Math.random() * 256));
  let id = '';
  for (const byte of bytes) id += ALPHABET[byte & 63];
  return id;
};
