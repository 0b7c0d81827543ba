// Checks the options of a configuration before anything is done: a misspelt one is refused with the name that was
// meant. Knows nothing of what the options do.

import {HoldfastError} from '../base/errors.ts';

/** What an option may be. */
export type OptionType = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'function';

/** Throws `argument/unknown-option` or `argument/invalid` unless every option is known and of a type that it may have. */
export const checkOptions = (
  where: string,
  options: object,
  known: {readonly [name: string]: readonly OptionType[]},
): void => {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) {
      const meant = closest(name, Object.keys(known));
      throw new HoldfastError(
        'argument/unknown-option',
        meant === undefined
          ? `Unknown option "${name}" in ${where}; it takes ${list(Object.keys(known))}`
          : `Misspelt option "${name}" in ${where} should be "${meant}"`,
        {option: name, ...(meant === undefined ? {} : {meant})},
      );
    }
    const option = (options as Record<string, unknown>)[name];
    const types = known[name] as readonly OptionType[];
    if (option !== undefined && !types.includes(typeOf(option))) {
      throw new HoldfastError(
        'argument/invalid',
        `Option "${name}" in ${where} must be ${list(types)}, and is ${typeOf(option)}`,
        {option: name},
      );
    }
  }
};

/** The name among `names` that a misspelt one most likely meant, if any is close. */
export const closest = (name: string, names: readonly string[]): string | undefined => {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
};

const typeOf = (thing: unknown): OptionType =>
  Array.isArray(thing) ? 'array' : thing === null ? ('null' as OptionType) : (typeof thing as OptionType);

const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

// Levenshtein's distance, a row at a time.
const editDistance = (one: string, other: string): number => {
  let previous = Array.from({length: other.length + 1}, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      current.push(
        Math.min(
          (previous[column] as number) + 1,
          (current[column - 1] as number) + 1,
          (previous[column - 1] as number) + (one[row - 1] === other[column - 1] ? 0 : 1),
        ),
      );
    }
    previous = current;
  }
  return previous[other.length] as number;
};
