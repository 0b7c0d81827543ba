// Attaches a listener of every kind, mutators and others, with and without ids, and writes down each of their calls.

// biome-ignore lint/suspicious/noExplicitAny: two packages' stores, whose types are not related
export type AnyStore = any;
export type Attachment = {readonly store: AnyStore; readonly lines: string[]};

/** As JSON, but telling `undefined`, -0 and functions that are asked for ids. */
export const show = (thing: unknown): string =>
  JSON.stringify(thing, (_, value) => {
    if (value === undefined) return '(undefined)';
    if (Object.is(value, -0)) return '(-0)';
    if (typeof value === 'bigint') return `(${value}n)`;
    if (typeof value === 'number' && !Number.isFinite(value)) return `(${value})`;
    return value;
  }) ?? '(undefined)';

/**
 * On purpose alike: in `getTransactionLog` tinybase gives object and array cells as it keeps them, U+FFFD and JSON, against
 * its own types; this store gives the objects.
 */
const showLog = (log: unknown): string =>
  show(log).replace(/"\ufffd((?:[^"\\]|\\.)*)"/g, (_, text) => JSON.parse(`"${text}"`));

const KINDS: readonly [kind: string, wildcards: readonly (readonly (string | null)[])[]][] = [
  ['HasTables', [[]]],
  ['Tables', [[]]],
  ['TableIds', [[]]],
  ['HasTable', [[null], ['t1']]],
  ['Table', [['t1'], [null]]],
  ['TableCellIds', [[null], ['t1']]],
  [
    'HasTableCell',
    [
      [null, null],
      ['t1', 'a'],
      [null, 'b'],
    ],
  ],
  ['RowCount', [[null], ['t2']]],
  ['RowIds', [[null], ['t1']]],
  [
    'HasRow',
    [
      [null, null],
      ['t1', null],
      [null, 'r1'],
    ],
  ],
  [
    'Row',
    [
      [null, null],
      ['t1', 'r1'],
      ['t2', null],
    ],
  ],
  [
    'CellIds',
    [
      [null, null],
      ['t1', null],
    ],
  ],
  [
    'HasCell',
    [
      [null, null, null],
      ['t1', null, 'a'],
    ],
  ],
  [
    'Cell',
    [
      [null, null, null],
      ['t1', 'r1', 'a'],
      ['t1', null, 'b'],
      [null, 'r1', null],
    ],
  ],
  [
    'InvalidCell',
    [
      [null, null, null],
      ['t1', null, null],
      [null, 'r1', 'a'],
    ],
  ],
  ['HasValues', [[]]],
  ['Values', [[]]],
  ['ValueIds', [[]]],
  ['HasValue', [[null], ['v1']]],
  ['Value', [[null], ['v1']]],
  ['InvalidValue', [[null], ['v1']]],
];

export const attachListeners = ({store, lines}: Attachment): void => {
  const note =
    (name: string) =>
    (...[, ...args]: unknown[]) => {
      lines.push(`${name}(${args.map((arg) => showArgument(name, arg)).join(', ')})`);
    };
  for (const mutator of [false, true]) {
    for (const [kind, wildcards] of KINDS) {
      for (const ids of wildcards) {
        store[`add${kind}Listener`](...ids, note(`${mutator ? '!' : ''}${kind}[${ids}]`), mutator);
      }
    }
    for (const cellId of ['a', 'b', undefined]) {
      const name = `${mutator ? '!' : ''}Sorted[${cellId}]`;
      store.addSortedRowIdsListener(
        't1',
        cellId,
        cellId === 'b',
        0,
        cellId === 'a' ? 2 : undefined,
        note(name),
        mutator,
      );
    }
    store.addSortedRowIdsListener(
      {tableId: 't2', cellId: 'a', descending: true},
      note('SortedObject'),
      mutator,
    );
  }
  store.addStartTransactionListener(note('Start'));
  store.addWillFinishTransactionListener(() => {
    lines.push(`Will(${show(store.getTransactionChanges())})`);
  });
  store.addDidFinishTransactionListener(() => {
    lines.push(`Did(${show(store.getTransactionChanges())} ${showLog(store.getTransactionLog())})`);
  });
};

/** Functions that listeners get are asked: for all ids that changed, or for one cell or value. */
const showArgument = (name: string, argument: unknown): string => {
  if (typeof argument !== 'function') return show(argument);
  if (argument.length === 0) return `ids ${show(argument())}`;
  return showChange(/Value/.test(name) ? argument('v1') : argument('t1', 'r1', 'a'));
};

/** On purpose alike: tinybase calls a cell changed that was changed and changed back, against its own documentation. */
const showChange = ([isChanged, before, now]: [boolean, unknown, unknown]): string =>
  show([isChanged && show(before) !== show(now), before, now]);

/** Listeners that write: those that may, and some that may not. What they write is bounded, and the same on both stores. */
export const attachWriters = ({store, lines}: Attachment): void => {
  const write = (name: string, actions: () => void) => () => {
    lines.push(`${name} writes`);
    actions();
  };
  store.addCellListener(
    't1',
    null,
    'a',
    (_: unknown, tableId: string, rowId: string, cellId: string, now: unknown) => {
      lines.push('doubles');
      if (typeof now === 'number' && now < 100)
        store.setCell(tableId, rowId, cellId, now * 2 + 1).setCell(tableId, rowId, 'twice', now);
    },
    true,
  );
  store.addRowIdsListener(
    't2',
    write('row ids', () => store.delCell('t1', 'r1', 'b').setCell('t1', 'added', 'a', 1)),
    true,
  );
  store.addHasTableListener(
    '__proto__',
    write('table', () => store.delTable('t2')),
    true,
  );
  store.addValueListener(
    'v2',
    write('value', () => store.setValue('v1', 'x').delValue('v2')),
    true,
  );
  store.addInvalidCellListener(
    null,
    null,
    null,
    write('invalid', () => store.setValue('invalid', true)),
    true,
  );
  store.addTablesListener(
    write('tables', () =>
      store.transaction(
        () => store.setValue('tables', true),
        () => true,
      ),
    ),
    true,
  );
  store.addSortedRowIdsListener(
    {tableId: 't1', cellId: 'a'},
    write('sorted', () => store.delRow('t1', 'r2')),
    true,
  );
  store.addWillFinishTransactionListener(
    write('will', () => store.setCell('t1', 'r1', 'will', store.getRowCount('t1'))),
  );
  store.addStartTransactionListener(
    write('start', () => store.setCell('t1', 'start', 'a', store.getRowCount('t2'))),
  );
  store.addRowListener(
    null,
    null,
    write('ordinary', () => store.delTables().setValue('v1', 9)),
  );
  store.addDidFinishTransactionListener(write('did', () => store.delTables()));
};

/** Listeners that throw now and then, one for each part of a transaction. */
export const attachThrowers = ({store, lines}: Attachment): void => {
  const throwIf = (name: string, isTime: () => boolean) => () => {
    lines.push(`${name} is called`);
    if (isTime()) throw new Error(name);
  };
  store.addStartTransactionListener(throwIf('start', () => store.getValue('v1') === 'y'));
  store.addCellListener(
    't2',
    null,
    null,
    throwIf('mutator', () => store.hasRow('t2', '0')),
    true,
  );
  store.addWillFinishTransactionListener(throwIf('will', () => store.hasTable('')));
  store.addWillFinishTransactionListener(throwIf('will again', () => store.hasTable('')));
  store.addRowIdsListener(
    null,
    throwIf('ordinary', () => store.getRowCount('t1') > 1),
  );
  store.addValueListener(
    null,
    throwIf('ordinary value', () => store.hasValue('v2')),
  );
  store.addDidFinishTransactionListener(throwIf('did', () => store.hasRow('t1', 'r1')));
  store.addDidFinishTransactionListener(throwIf('did again', () => store.hasRow('t1', 'r2')));
};
