// A storage that keeps a store under one key of a browser's session or local storage, as JSON. Tabs that share local
// storage take turns by a Web Lock, where the page may use locks (https and localhost).

import {HoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import {createDocumentStorage} from './document-storage.ts';
import type {Storage} from './storage.ts';
import {withWebLock} from './web-lock.ts';

export type WebStorageArea = 'sessionStorage' | 'localStorage';

interface Area {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
}

interface AreaEvent {
  readonly key: string | null;
  readonly storageArea: unknown;
}

interface Host {
  readonly sessionStorage?: Area;
  readonly localStorage?: Area;
  addEventListener?(type: 'storage', listener: (event: AreaEvent) => void): void;
  removeEventListener?(type: 'storage', listener: (event: AreaEvent) => void): void;
}

export const createWebStorage = (
  areaName: WebStorageArea,
  key: string,
  ports: Ports = hostPorts,
): Storage => {
  const host = globalThis as Host;
  const area = findArea(host, areaName);
  const name = `the key "${key}" of ${areaName}`;

  const setItem = (itemKey: string, text: string): void => {
    try {
      area.setItem(itemKey, text);
    } catch (error) {
      throw wrapFault(name, error);
    }
  };

  return createDocumentStorage({
    name,
    read: async () => area.getItem(key) ?? undefined,
    swap: (expected, next) =>
      withWebLock(areaName === 'localStorage' ? `holdfast ${name}` : undefined, async () => {
        if ((area.getItem(key) ?? undefined) !== expected) {
          return false;
        }
        setItem(key, next);
        return true;
      }),
    quarantine: async (text) => {
      const copyKey = `${key} unreadable ${new Date(ports.now()).toISOString()}`;
      setItem(copyKey, text);
      return `the key "${copyKey}"`;
    },
    watch: async (listener) => {
      const onStorage = (event: AreaEvent): void => {
        if (event.storageArea === area && (event.key === key || event.key === null)) {
          listener();
        }
      };
      host.addEventListener?.('storage', onStorage);
      return () => host.removeEventListener?.('storage', onStorage);
    },
  });
};

const findArea = (host: Host, areaName: WebStorageArea): Area => {
  let cause: unknown;
  try {
    const area = host[areaName];
    if (area !== undefined && area !== null) {
      return area;
    }
  } catch (error) {
    // A page without an origin of its own may not even look.
    cause = error;
  }
  throw new HoldfastError(
    'argument/wrong-handle',
    `There is no ${areaName} here; it is a browser's, and a page's`,
    {},
    cause,
  );
};

const wrapFault = (name: string, error: unknown): HoldfastError => {
  const isQuota = (error as {name?: unknown} | null)?.name === 'QuotaExceededError';
  return new HoldfastError(
    isQuota ? 'storage/quota' : 'storage/unavailable',
    isQuota
      ? `${name} may not hold that much: the browser's quota is exceeded. What was stored stays; the changes stay pending.`
      : `${name} could not be written: ${error instanceof Error ? error.message : String(error)}`,
    {},
    error,
  );
};
