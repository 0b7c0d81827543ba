import {DatabaseSync} from 'node:sqlite';
import {expect, test} from 'vitest';
import {createConnection} from '../driver/connection.ts';
import {SQLITE_LIMITS} from '../driver/driver.ts';
import {sqliteNodeDriver} from '../driver/sqlite-node-driver.ts';
import {sqliteDialect} from '../sql/sqlite-dialect.ts';
import {createChangeLog, type LogEntry} from './change-log.ts';
import type {Steps} from './steps.ts';

const setUp = async (limits = SQLITE_LIMITS) => {
  const db = new DatabaseSync(':memory:');
  const connection = createConnection(sqliteNodeDriver(db));
  const log = createChangeLog(sqliteDialect, limits, 'log');
  await connection.query(log.create);
  const run = async <Result>(steps: () => Steps<Result>): Promise<Result> =>
    (await connection.transaction('write', steps)).result;
  return {
    db,
    log,
    append: (entries: readonly LogEntry[]) => run(() => log.append(entries)),
    appendEverything: () => run(() => log.appendEverything()),
    news: (afterSeq: number, own: readonly number[] = []) =>
      run(() => log.readNews(afterSeq, (seq) => own.includes(seq))),
    newest: async () => (await connection.query(log.readNewest))[0]?.seq,
  };
};

const rows = (count: number, prefix = 'row'): LogEntry[] =>
  Array.from({length: count}, (_, index) => ({table: 'pets', row: `${prefix} ${index}`}));

test('what was appended is read in order, by whoever has not read it', async () => {
  const {append, news, newest} = await setUp();
  expect([await newest(), await news(0)]).toEqual([0, {kind: 'nothing'}]);
  expect(await append([])).toEqual([]);
  expect(await append(rows(2, 'a'))).toEqual([1, 2]);
  expect(await append(rows(1, 'b'))).toEqual([3]);
  expect(await newest()).toBe(3);
  expect(await news(0)).toEqual({kind: 'rows', entries: [...rows(2, 'a'), ...rows(1, 'b')], seq: 3});
  expect(await news(2)).toEqual({kind: 'rows', entries: rows(1, 'b'), seq: 3});
  expect(await news(3)).toEqual({kind: 'nothing'});
});

test('one’s own entries are no news', async () => {
  const {append, news} = await setUp();
  await append(rows(3));
  expect(await news(0, [1, 3])).toEqual({kind: 'rows', entries: [{table: 'pets', row: 'row 1'}], seq: 3});
});

test('more than is worth listing is one entry, which means everything', async () => {
  const {append, appendEverything, news} = await setUp();
  expect((await append(rows(257))).length).toBe(1);
  expect(await news(0)).toEqual({kind: 'unknown', seq: 1});
  await append(rows(1));
  expect(await news(1)).toMatchObject({kind: 'rows', seq: 2});
  await appendEverything();
  expect(await news(1)).toEqual({kind: 'unknown', seq: 3});
  expect(await news(1, [3])).toMatchObject({kind: 'rows', entries: rows(1)});
});

test('[RW3] it is pruned, and who fell behind it is told so', async () => {
  const {db, append, news} = await setUp();
  for (let count = 0; count < 80; count++) {
    await append(rows(256));
  }
  const count = db.prepare('SELECT count(*) AS count FROM log').get()?.count;
  expect(count).toBeGreaterThanOrEqual(16_384);
  expect(count).toBeLessThanOrEqual(16_384 + 1_024);
  expect(await news(1)).toMatchObject({kind: 'unknown'});
  expect(await news(80 * 256 - 10)).toMatchObject({kind: 'rows', seq: 80 * 256});
});

test('a log that was begun anew tells nothing', async () => {
  const {append, news} = await setUp();
  await append(rows(2));
  expect(await news(7)).toEqual({kind: 'unknown', seq: 2});
});

test('[PR4] what is more than a statement takes is appended by several', async () => {
  const {append, news} = await setUp({...SQLITE_LIMITS, maxParams: 7});
  expect(await append(rows(8))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await news(0)).toEqual({kind: 'rows', entries: rows(8), seq: 8});
});
