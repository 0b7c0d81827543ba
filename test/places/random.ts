// Random numbers that can be had again: the seed is printed, and taken back by HOLDFAST_SEED.

/** Numbers in [0, 1), from a seed; the same seed gives the same numbers. (Mulberry32.) */
export const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The seed of this run, printed with what it is for. */
export const takeSeed = (what: string): number => {
  const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);
  console.log(`HOLDFAST_SEED=${seed} (${what})`);
  return seed;
};
