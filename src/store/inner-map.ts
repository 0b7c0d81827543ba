// Maps in maps.

/** What a map has for a key, made and put there if it had nothing. */
export const innerMap = <Key, Thing>(map: Map<Key, Thing>, key: Key, make: () => Thing): Thing => {
  let thing = map.get(key);
  if (thing === undefined) {
    thing = make();
    map.set(key, thing);
  }
  return thing;
};
