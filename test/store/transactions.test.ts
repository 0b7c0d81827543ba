// Transactions and listeners: the order of things, errors, and what is taken back.

import {describe, expect, test} from 'vitest';
import {createStore, type Store} from '../../src/entry/index.ts';

const fail = (message: string) => () => {
  throw new Error(message);
};

/** A store with one row, and a list of who was called since. */
const createHeard = () => {
  const store = createStore()
    .setTables({t: {r: {a: 1, object: {x: [1]}}}})
    .setValues({v: 1, list: [1]});
  const heard: string[] = [];
  store.addStartTransactionListener(() => heard.push('start'));
  store.addWillFinishTransactionListener(() => heard.push('will'));
  store.addRowListener(null, null, () => heard.push('row'));
  store.addDidFinishTransactionListener(() => heard.push('did'));
  return {store, heard};
};

describe('rolling back', () => {
  const mess = (store: Store) =>
    store
      .setRow('t', 'r', {a: 2, b: 3})
      .setRow('t', 'r2', {a: [1]})
      .delRow('t', 'r')
      .setTables({u: {r: {object: {x: 2}}}})
      .setValues({v: -0, w: {}})
      .setTablesSchema({u: {b: {type: 'string', default: 'd'}}})
      .setValuesSchema({v: {type: 'string'}});

  test.each<[string, (store: Store) => void]>([
    [
      'is asked for',
      (store) =>
        store.transaction(
          () => mess(store),
          () => true,
        ),
    ],
    [
      'is asked for at the end of startTransaction',
      (store) => mess(store.startTransaction()).finishTransaction(() => true),
    ],
    [
      'fails',
      (store) => expect(() => store.transaction(() => fail(`${mess(store) === store}`)())).toThrow('true'),
    ],
    [
      'fails inside, even if that is caught',
      (store) =>
        store.transaction(() => {
          mess(store);
          expect(() => store.transaction(fail('inner'))).toThrow('inner');
          store.setCell('t', 'r', 'after', 1);
        }),
    ],
    [
      'fails in a function for a cell',
      (store) => {
        mess(store.startTransaction());
        expect(() => store.setCell('t', 'r', 'a', fail('map'))).toThrow('map');
        store.finishTransaction();
      },
    ],
  ])('[ST11] a transaction that %s leaves no trace, neither in data nor in schemas', (_, play) => {
    const {store, heard} = createHeard();
    const before = store.getContent();
    play(store);
    expect(store.getContent()).toStrictEqual(before);
    expect(store.getSchemaJson()).toBe('[{},{}]');
    expect(store.getTableCellIds('t')).toEqual(['a', 'object']);
    expect(heard).not.toContain('row');
    expect(store.getTransactionChanges()).toEqual([{}, {}, 1]);
    store.setCell('t', 'r', 'a', 5);
    expect(store.getCell('t', 'r', 'a')).toBe(5);
    expect(heard.slice(-4)).toEqual(['start', 'will', 'row', 'did']);
  });

  test('[ST11] only the outermost transaction is asked whether to roll back', () => {
    const {store} = createHeard();
    store.transaction(() => {
      store.transaction(() => store.setCell('t', 'r', 'a', 2), fail('not asked'));
    });
    expect(store.getCell('t', 'r', 'a')).toBe(2);
  });
});

describe('errors', () => {
  const addThrowing: [string, (store: Store) => void, survives: boolean, heard: string[]][] = [
    ['start', (store) => store.addStartTransactionListener(fail('bang')), false, ['start']],
    ['mutator', (store) => store.addCellListener(null, null, null, fail('bang'), true), false, ['start']],
    [
      'will-finish',
      (store) => store.addWillFinishTransactionListener(fail('bang')),
      false,
      ['start', 'will', 'did'],
    ],
    [
      'ordinary',
      (store) => store.addCellListener(null, null, null, fail('bang')),
      true,
      ['start', 'will', 'did'],
    ],
    [
      'did-finish',
      (store) => store.addDidFinishTransactionListener(fail('bang')),
      true,
      ['start', 'will', 'row', 'did'],
    ],
  ];

  test.each(addThrowing)(
    '[ST12] of a %s listener reach the caller, and take the transaction back only if nobody was told yet',
    (_, add, survives, calls) => {
      const {store, heard} = createHeard();
      add(store);
      expect(() => store.setCell('t', 'r', 'a', 2)).toThrow('bang');
      expect(store.getCell('t', 'r', 'a')).toBe(survives ? 2 : 1);
      expect(heard).toEqual(calls);
      // The store is not stuck.
      expect(() => store.startTransaction().setCell('t', 'r', 'a', 3).finishTransaction()).toThrow('bang');
      expect(store.getCell('t', 'r', 'a')).toBe(survives ? 3 : 1);
    },
  );

  test('[ST12] of listeners are not swallowed by methods that forgive bad JSON', () => {
    const {store} = createHeard();
    store.addTablesListener(fail('bang'));
    expect(() => store.setTablesJson('{"t":{"r":{"a":2}}}')).toThrow('bang');
    expect(store.setTablesJson('{').setValuesJson('nonsense').setJson('{').getCell('t', 'r', 'a')).toBe(2);
  });

  test('[ST12] the first of several errors is the one that is thrown', () => {
    const {store} = createHeard();
    store.addDidFinishTransactionListener(fail('second'));
    store.addTablesListener(fail('first'));
    store.addDidFinishTransactionListener(fail('third'));
    expect(() => store.setCell('t', 'r', 'a', 2)).toThrow('first');
  });
});

describe('listeners', () => {
  test('[ST13] mutators come first and do not hear one another; the others hear of the whole', () => {
    const store = createStore().setTables({t: {r: {a: 1, b: 1}}});
    const heard: string[] = [];
    store.addCellListener(null, null, null, (_store, _t, _r, cellId, now) =>
      heard.push(`${cellId} is ${now}`),
    );
    store.addCellListener(
      't',
      'r',
      'a',
      () => {
        heard.push('mutator a');
        store.setCell('t', 'r', 'b', 2).setCell('t', 'r', 'a', 3).setCell('t', 'r', 'c', 4);
      },
      true,
    );
    store.addCellListener(
      't',
      'r',
      null,
      (_store, _t, _r, cellId) => heard.push(`mutator of any: ${cellId}`),
      true,
    );
    store.setCell('t', 'r', 'a', 2);
    expect(heard).toEqual(['mutator a', 'mutator of any: a', 'a is 3', 'b is 2', 'c is 4']);
  });

  test('[ST13] listeners that are no mutators, and those to the end of a transaction, write nothing', () => {
    const store = createStore();
    const write = () => {
      expect(
        store
          .setCell('t', 'r', 'other', 1)
          .delTables()
          .setValue('v', 1)
          .setTablesSchema({t: {z: {type: 'string'}}}),
      ).toBe(store);
      expect(store.addRow('t', {a: 1})).toBe(undefined);
      expect(store.transaction(fail('not called'))).toBe(undefined);
      store.startTransaction().setJson('[{},{}]').finishTransaction();
    };
    store.addTablesListener(write);
    store.addDidFinishTransactionListener(write);
    store.setCell('t', 'r', 'a', 1);
    expect(store.getContent()).toEqual([{t: {r: {a: 1}}}, {}]);
    expect(store.hasTablesSchema()).toBe(false);
  });

  test('[ST13] a listener to ids is called before those to any, and one that is added meanwhile is called, too', () => {
    const store = createStore();
    const heard: string[] = [];
    store.addCellListener(null, null, null, () => heard.push('***'));
    store.addCellListener('t', null, 'c', () => heard.push('t*c'));
    const added = () => heard.push('added');
    store.addCellListener('t', 'r', 'c', () => {
      heard.push('trc');
      store.addCellListener('t', 'r', 'c', added);
    });
    store.setCell('t', 'r', 'c', 1);
    expect(heard).toEqual(['trc', 'added', 't*c', '***']);
  });

  test('[ST13] thousands of listeners to rows that come and go leave nothing behind', () => {
    const store = createStore();
    const ids = Array.from({length: 1000}, (_, row) => store.addRowListener('t', `${row}`, () => {}));
    for (const id of ids) store.delListener(id);
    expect(Object.values(store.getListenerStats()).every((count) => count === 0)).toBe(true);
    expect(store.addRowListener('t', 'r', () => {})).toBe('0');
  });

  test('[ST13] the log of a transaction has objects as objects', () => {
    const store = createStore().setCell('t', 'r', 'c', {x: 1}).setValue('v', [1]);
    store.transaction(
      () => store.setCell('t', 'r', 'c', {x: 2}).delValue('v'),
      () => {
        const [isCellsTouched, isValuesTouched, cells, , values] = store.getTransactionLog();
        expect([isCellsTouched, isValuesTouched]).toEqual([true, true]);
        expect(cells).toEqual({t: {r: {c: [{x: 1}, {x: 2}]}}});
        expect(values).toEqual({v: [[1], undefined]});
        return false;
      },
    );
    expect.assertions(3);
  });

  test('[ST13] a change of a cell is told as it was and as it is, also where it was changed back', () => {
    const store = createStore().setTables({t: {r: {a: 1, b: {x: 1}}}});
    const answers: unknown[] = [];
    store.addTablesListener((_store, getCellChange) => {
      answers.push(
        getCellChange?.('t', 'r', 'a'),
        getCellChange?.('t', 'r', 'b'),
        getCellChange?.('t', 'r', 'none'),
      );
    });
    store.transaction(() =>
      store.setCell('t', 'r', 'a', 2).setCell('t', 'r', 'a', 1).setCell('t', 'r', 'b', {x: 2}),
    );
    expect(answers).toEqual([
      [false, 1, 1],
      [true, {x: 1}, {x: 2}],
      [false, undefined, undefined],
    ]);
  });
});

describe('schemas', () => {
  test('[ST14] invalid-cell listeners tell of every cell and table that content brings and a schema refuses', () => {
    const store = createStore().setSchema(
      {
        pets: {
          species: {type: 'string'},
          sold: {type: 'boolean', default: false},
          id: {type: 'number', required: true},
        },
      },
      {open: {type: 'boolean'}},
    );
    const heard: unknown[] = [];
    store.addInvalidCellListener(null, null, null, (_store, ...args) => heard.push(args));
    store.addInvalidValueListener(null, (_store, ...args) => heard.push(args));
    store.setContent([
      {
        pets: {fido: {species: 5, id: 1, color: 'brown', sold: 'no'}, felix: {species: 'cat'}},
        unknown: {r: {c: 1}},
      },
      {open: 1, closed: true},
    ]);
    expect(store.getContent()).toEqual([{pets: {fido: {id: 1, sold: false}}}, {}]);
    expect(heard).toEqual([
      ['pets', 'fido', 'species', [5]],
      ['pets', 'fido', 'color', ['brown']],
      ['pets', 'fido', 'sold', ['no']],
      ['pets', 'felix', 'id', [undefined]],
      ['unknown', undefined, undefined, [undefined]],
      ['open', [1]],
      ['closed', [true]],
    ]);
  });

  test('[ST14] objects as defaults are copied, and obeyed without a word', () => {
    const byDefault = {tags: ['a']};
    const store = createStore();
    let refusedCount = 0;
    store.addInvalidCellListener(null, null, null, () => refusedCount++);
    store
      .setTables({t: {r: {a: 1}}})
      .setTablesSchema({t: {a: {type: 'number'}, o: {type: 'object', default: byDefault}}});
    byDefault.tags.push('b');
    store.addRow('t', {a: 2});
    expect(store.getTables()).toEqual({t: {r: {a: 1, o: {tags: ['a']}}, 0: {a: 2, o: {tags: ['a']}}}});
    expect(refusedCount).toBe(0);
  });

  test('[ST14] a schema is copied when it is set', () => {
    const rule: {enum: [string, ...string[]]} = {enum: ['a']};
    const store = createStore().setTablesSchema({t: {c: rule}});
    rule.enum.push('b');
    expect(store.setCell('t', 'r', 'c', 'b').getTablesJson()).toBe('{}');
    expect(store.getTablesSchemaJson()).toBe('{"t":{"c":{"enum":["a"]}}}');
  });

  test('[ST14] a part of a row that adds a row names only what is missing', () => {
    const store = createStore().setTablesSchema({
      t: {a: {type: 'number'}, b: {type: 'number'}, c: {type: 'number'}, d: {type: 'number', default: 7}},
    });
    const heard: unknown[] = [];
    store.addInvalidCellListener(null, null, null, (_store, _tableId, _rowId, cellId) => heard.push(cellId));
    store.setPartialRow('t', 'r', {b: 1, a: 2});
    expect(heard).toEqual(['c']);
    expect(store.getTablesJson()).toBe('{"t":{"r":{"b":1,"d":7,"a":2}}}');
  });

  test('[ST14] awkward ids obey schemas, too', () => {
    const schema = JSON.parse(
      '{"__proto__":{"toString":{"type":"number"},"__proto__":{"type":"string","default":"d"}}}',
    );
    const store = createStore().setTablesSchema(schema).setCell('__proto__', 'r', 'toString', 1);
    expect(store.getTablesJson()).toBe('{"__proto__":{"r":{"toString":1,"__proto__":"d"}}}');
    expect(JSON.parse(store.getTablesSchemaJson())).toStrictEqual(schema);
  });
});
