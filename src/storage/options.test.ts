import {describe, expect, test} from 'vitest';
import {checkOptions, closest} from './options.ts';

const KNOWN = {storeTableName: ['string'], load: ['boolean', 'array'], migrate: ['object']} as const;

describe('checkOptions', () => {
  test('lets known options of the right types pass, and those that are not set', () => {
    checkOptions('a thing', {}, KNOWN);
    checkOptions('a thing', {storeTableName: 'x', load: ['a'], migrate: {}}, KNOWN);
    checkOptions('a thing', {load: true, storeTableName: undefined}, KNOWN);
  });

  test('[PE9] refuses a misspelt option with the name that was meant', () => {
    expect(() => checkOptions('a thing', {storetableName: 'x'}, KNOWN)).toThrow(
      expect.objectContaining({
        code: 'argument/unknown-option',
        message: 'Misspelt option "storetableName" in a thing should be "storeTableName"',
        details: {option: 'storetableName', meant: 'storeTableName'},
      }),
    );
  });

  test('[PE9] lists what there is where nothing can be meant', () => {
    expect(() => checkOptions('a thing', {colour: 'x'}, KNOWN)).toThrow(
      'Unknown option "colour" in a thing; it takes storeTableName, load or migrate',
    );
    for (const name of ['toString', 'constructor', '__proto__x']) {
      expect(() => checkOptions('a thing', {[name]: 1}, KNOWN)).toThrow(`"${name}"`);
    }
  });

  test('refuses a value of another type', () => {
    const refused: readonly (readonly [object, string])[] = [
      [{storeTableName: 1}, 'Option "storeTableName" in a thing must be string, and is number'],
      [{load: 'yes'}, 'Option "load" in a thing must be boolean or array, and is string'],
      [{migrate: null}, 'Option "migrate" in a thing must be object, and is null'],
      [{migrate: []}, 'Option "migrate" in a thing must be object, and is array'],
    ];
    for (const [options, message] of refused) {
      expect(() => checkOptions('a thing', options, KNOWN)).toThrow(
        expect.objectContaining({code: 'argument/invalid', message}),
      );
    }
  });
});

test('closest finds the nearest name, without regard to case, and none that is far', () => {
  const names = ['load', 'save', 'tableName', 'rowIdColumnName'];
  expect(closest('laod', names)).toBe('load');
  expect(closest('SAVE', names)).toBe('save');
  expect(closest('tablename', names)).toBe('tableName');
  expect(closest('rowIdColName', names)).toBe('rowIdColumnName');
  expect(closest('completely', names)).toBeUndefined();
});
