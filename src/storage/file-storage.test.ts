import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createFolder} from '../../test/contract/databases.ts';
import {createFakePorts} from '../base/ports.fake.ts';
import {createFilePersister} from '../entry/persisters/persister-file.ts';
import {createStore} from '../store/create-store.ts';
import {storageSuite} from '../testing/storage.suite.ts';
import {createFileStorage} from './file-storage.ts';

storageSuite({
  name: 'of a file',
  create: () => {
    const folder = createFolder();
    return {open: () => createFileStorage(join(folder.path, 'store.json')), remove: folder.remove};
  },
  runner: {describe, test, expect},
});

const inFolder = async (body: (path: string, folderPath: string) => Promise<void>) => {
  const folder = createFolder();
  try {
    await body(join(folder.path, 'store.json'), folder.path);
  } finally {
    folder.remove();
  }
};

const save = async (path: string, open: boolean) => {
  const persister = createFilePersister(createStore().setValue('open', open), path);
  await persister.save();
  await persister.destroy();
};

describe('a file', () => {
  test('[FL1] is replaced as a whole, keeps its permissions, and leaves nothing beside it', () =>
    inFolder(async (path, folderPath) => {
      writeFileSync(path, '[{},{}]', {mode: 0o640});
      const {ino} = statSync(path);
      await save(path, true);
      expect(readFileSync(path, 'utf8')).toBe('[{},{"open":true}]');
      expect(statSync(path).mode & 0o777).toBe(0o640);
      expect(statSync(path).ino).not.toBe(ino);
      expect(readdirSync(folderPath)).toEqual(['store.json']);
    }));

  test('[FL1] that is a symbolic link stays one', () =>
    inFolder(async (path, folderPath) => {
      mkdirSync(join(folderPath, 'elsewhere'));
      const target = join(folderPath, 'elsewhere', 'real.json');
      writeFileSync(target, '[{},{}]');
      symlinkSync(target, path);
      await save(path, true);
      expect(lstatSync(path).isSymbolicLink()).toBe(true);
      expect(readFileSync(target, 'utf8')).toBe('[{},{"open":true}]');
      expect(readdirSync(join(folderPath, 'elsewhere'))).toEqual(['real.json']);
    }));

  test('that cannot be written is told of, and leaves nothing beside it', () =>
    inFolder(async (_path, folderPath) => {
      const path = join(folderPath, 'nowhere', 'store.json');
      const persister = createFilePersister(createStore().setValue('open', true), path);
      await expect(persister.save()).rejects.toMatchObject({
        code: 'storage/file-failed',
        message: expect.stringContaining(path),
      });
      mkdirSync(join(folderPath, 'nowhere'));
      await persister.whenDurable();
      expect(readFileSync(path, 'utf8')).toBe('[{},{"open":true}]');
      await persister.destroy();
    }));
});

describe('a lock', () => {
  // No process has a number as large as this.
  const DEAD = '999999999';

  test('[FL2] of a process that died does not stop the next one', () =>
    inFolder(async (path) => {
      writeFileSync(`${path}.lock`, DEAD);
      await save(path, true);
      expect(readFileSync(path, 'utf8')).toBe('[{},{"open":true}]');
      expect(existsSync(`${path}.lock`)).toBe(false);
    }));

  test('[FL2] that is old does not either, whatever is in it', () =>
    inFolder(async (path) => {
      writeFileSync(`${path}.lock`, '');
      utimesSync(`${path}.lock`, new Date(0), new Date(0));
      await save(path, true);
      expect(existsSync(`${path}.lock`)).toBe(false);
    }));

  test('[FL2] of a process that lives is waited for, and then told of', () =>
    inFolder(async (path) => {
      writeFileSync(`${path}.lock`, String(process.pid));
      const ports = {...createFakePorts(), now: () => Date.now() + elapsedMs};
      let elapsedMs = 0;
      const storage = createFileStorage(path, {
        ...ports,
        setTimer: (callback, delayMs) => {
          elapsedMs += delayMs;
          return setImmediate(callback);
        },
      });
      const store = createStore().setValue('open', true);
      const write = storage.write({
        changes: undefined,
        isExplicit: true,
        store,
        onProgress: () => undefined,
        onFault: () => undefined,
      });
      await expect(write).rejects.toMatchObject({code: 'storage/locked'});
      expect(existsSync(path)).toBe(false);
      expect(readFileSync(`${path}.lock`, 'utf8')).toBe(String(process.pid));
    }));
});
