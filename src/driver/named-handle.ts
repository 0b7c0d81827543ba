// Gives all handles of one database, where it is known by name, one object to take turns by. Knows no platform.

const handles = new Map<string, object>();

/** The same object for the same name. */
export const namedHandle = (name: string): object => {
  const handle = handles.get(name) ?? {};
  handles.set(name, handle);
  return handle;
};
