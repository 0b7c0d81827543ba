// Handles for platforms where all who open a database of one name share one connection. Knows no platform.

const handles = new Map<string, object>();

/** What all drivers of the database of this name, on a platform of this name, have in common. */
export const namedHandle = (platform: string, name: string): object => {
  const key = `${platform} ${name}`;
  const handle = handles.get(key) ?? {};
  handles.set(key, handle);
  return handle;
};
