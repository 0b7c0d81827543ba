import {expect, test} from 'vitest';
import {addTold, mergeNews, type News, parseTold} from './table-news.ts';

const told = (word: object) => parseTold(JSON.stringify(word));

test('[PG9] rows are gathered with who wrote them, and give way to any row', () => {
  let news: News = 'none';
  news = addTold(news, told({table: 't', key: 'id', by: '1', rows: ['a', 'b', null]}), 'id');
  news = addTold(news, told({table: 't', key: 'id', by: '2', rows: ['b']}), 'id');
  expect(news).toEqual(
    new Map([
      ['a', new Set(['1'])],
      ['b', new Set(['1', '2'])],
    ]),
  );
  expect(addTold(news, told({table: 't', key: 'other', by: '3', rows: ['c']}), 'id')).toBe(news);
  expect(mergeNews('none', news)).toBe(news);
  expect(addTold(news, told({table: 't', by: '3'}), 'id')).toBe('any');
  expect(mergeNews('any', news)).toBe('any');
});

test.each(['', 'pets', '5', 'null', '{'])('[PG9] of somebody else’s word %j anything is expected', (text) => {
  expect(parseTold(text)).toBe(undefined);
  expect(addTold('none', parseTold(text), 'id')).toBe('any');
});
