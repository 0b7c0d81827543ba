// Objects of one shape on which every string is a safe key. Knows nothing of what they hold.

/**
 * Makes a function that makes empty objects. Their prototype is an empty object without a prototype, so that `__proto__` and
 * `constructor` are keys like any other, while V8 still gives all that have the same keys one hidden class (which it does not give to
 * objects without a prototype): each then costs its members and three words. What has a shape of its own, as a table has, has a
 * function of its own, because V8 learns from the first objects that a function makes how much room to leave in the others.
 */
export const createObjectMaker = <Shape extends object>(): (() => Shape) => {
  // biome-ignore lint/complexity/useArrowFunction: an arrow function cannot be constructed
  const Safe = function () {} as unknown as new () => Shape;
  Safe.prototype = Object.create(null);
  return () => new Safe();
};

/** What an object itself has for a key. */
export const own = <Thing extends object, Key extends keyof Thing>(
  thing: Thing | undefined,
  key: Key,
): Thing[Key] | undefined => (thing !== undefined && Object.hasOwn(thing, key) ? thing[key] : undefined);
