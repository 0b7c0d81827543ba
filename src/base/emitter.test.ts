import {expect, test} from 'vitest';
import {createEmitter} from './emitter.ts';

const setUp = () => {
  let count = 0;
  const errors: unknown[] = [];
  const emitter = createEmitter<[string, number]>(
    () => String(count++),
    (error) => errors.push(error),
  );
  return {emitter, errors};
};

test('calls listeners in order, with the arguments, until they are deleted', () => {
  const {emitter} = setUp();
  const heard: unknown[] = [];
  const first = emitter.add((...args) => heard.push(['first', ...args]));
  const second = emitter.add((...args) => heard.push(['second', ...args]));
  expect([first, second, emitter.count()]).toEqual(['0', '1', 2]);
  emitter.emit('a', 1);
  expect([emitter.delete(first), emitter.delete(first), emitter.delete('nobody')]).toEqual([
    true,
    false,
    false,
  ]);
  emitter.emit('b', 2);
  expect(heard).toEqual([
    ['first', 'a', 1],
    ['second', 'a', 1],
    ['second', 'b', 2],
  ]);
});

test('one that throws keeps no other from hearing', () => {
  const {emitter, errors} = setUp();
  const heard: string[] = [];
  emitter.add(() => {
    throw new RangeError('no');
  });
  emitter.add((text) => heard.push(text));
  emitter.emit('a', 1);
  expect([heard, errors]).toEqual([['a'], [new RangeError('no')]]);
});

test('one that is added or deleted while listeners are called makes a difference the next time', () => {
  const {emitter} = setUp();
  const heard: string[] = [];
  const first = emitter.add(() => {
    heard.push('first');
    emitter.delete(first);
    emitter.add(() => heard.push('late'));
  });
  emitter.add(() => heard.push('second'));
  emitter.emit('a', 1);
  expect(heard).toEqual(['first', 'second']);
  emitter.emit('b', 2);
  expect(heard).toEqual(['first', 'second', 'second', 'late']);
});
