// The methods of a store that add, call and remove listeners. One `add…Listener` is like the next, so they are made from a list.

import type {Id, IdOrNull} from '../base/content.ts';
import {addListener, type Kind, type Listener, removeListener} from './listeners.ts';
import {whenSortedDifferently} from './sorted-row-ids.ts';
import type {State} from './state.ts';
import type {SortedRowIdsArgs, StoreListenerStats} from './store.ts';

/** What each id of a listener means, a letter an id: a table, a cell anywhere in it, a row, a cell, a value, or nothing that exists. */
const ID_LETTERS = {
  HasTables: '',
  Tables: '',
  TableIds: '',
  HasTable: 't',
  Table: 't',
  TableCellIds: 't',
  HasTableCell: 'ta',
  RowCount: 't',
  RowIds: 't',
  SortedRowIds: '',
  HasRow: 'tr',
  Row: 'tr',
  CellIds: 'tr',
  HasCell: 'trc',
  Cell: 'trc',
  InvalidCell: '---',
  HasValues: '',
  Values: '',
  ValueIds: '',
  HasValue: 'v',
  Value: 'v',
  InvalidValue: '-',
  Transaction: '',
};

type Name = keyof typeof ID_LETTERS;
type Names = {[method: string]: (...ids: unknown[]) => unknown};

export const createListening = (state: State) => {
  const {entries} = state.listeners;
  const kindOf = (name: string) => (name[0]?.toLowerCase() + name.slice(1)) as Kind;
  const methods: {[method: string]: unknown} = {};

  for (const name of Object.keys(ID_LETTERS) as Name[]) {
    // Transactions have three methods of their own, below.
    if (name === 'Transaction') continue;
    const letters = ID_LETTERS[name];
    methods[`add${name}Listener`] = (...args: unknown[]) => {
      const ids = args.slice(0, letters.length).map((id) => (id === null ? null : `${id}`));
      const [listener, mutator] = args.slice(letters.length) as [Listener, unknown];
      const call = () => callWithIds(state, name, ids, listener);
      return addListener(state, {kind: kindOf(name), mutates: !!mutator, ids, listener, call});
    };
  }

  methods.addSortedRowIdsListener = (...args: unknown[]) => {
    const isObject = typeof args[0] === 'object' && args[0];
    const [tableId, cellId, descending, offset, limit] = args;
    const given = (isObject ? args[0] : {tableId, cellId, descending, offset, limit}) as SortedRowIdsArgs;
    const [listener, mutator] = args.slice(isObject ? 1 : 5) as [Listener, unknown];
    const whenSorted = whenSortedDifferently(state, given, (sortedRowIds) => {
      listener(
        state.store,
        given.tableId,
        given.cellId,
        given.descending ?? false,
        given.offset ?? 0,
        given.limit,
        sortedRowIds,
      );
    });
    const ids = [`${given.tableId}`, given.cellId];
    return addListener(state, {
      kind: 'sortedRowIds',
      mutates: !!mutator,
      ids,
      listener: whenSorted,
      call: whenSorted,
    });
  };

  const addTransactionListener = (when: string) => (listener: Listener) =>
    addListener(state, {
      kind: 'transaction',
      mutates: false,
      ids: [when, null],
      listener,
      call: () => listener(state.store),
    });

  return {
    ...methods,
    addStartTransactionListener: addTransactionListener('start'),
    addWillFinishTransactionListener: addTransactionListener('will'),
    addDidFinishTransactionListener: addTransactionListener('did'),
    callListener: (listenerId: Id) => {
      entries.get(listenerId)?.call();
      return state.store;
    },
    delListener: (listenerId: Id) => {
      removeListener(state, listenerId);
      return state.store;
    },
    getListenerStats: () => {
      const stats = {} as StoreListenerStats;
      for (const name of Object.keys(ID_LETTERS)) stats[kindOf(name)] = 0;
      for (const {kind} of entries.values()) stats[kind]++;
      return stats;
    },
  };
};

/** Calls a listener as if everything that it listens to had changed; any id stands for all that there are. */
const callWithIds = ({store}: State, name: Name, ids: readonly IdOrNull[], listener: Listener): void => {
  const look = store as unknown as Names;
  const getIds: {[letter: string]: string} = {
    t: 'getTableIds',
    a: 'getTableCellIds',
    r: 'getRowIds',
    c: 'getCellIds',
    v: 'getValueIds',
  };
  const callBelow = (known: Id[]): void => {
    const level = known.length;
    if (level === ids.length) {
      const more = name.startsWith('Has')
        ? [`h${name.slice(1)}`]
        : name === 'Cell' || name === 'Value'
          ? [`get${name}`, `get${name}`]
          : [];
      listener(store, ...known, ...more.map((method) => look[method]?.(...known)));
    } else if (ids[level] !== null) callBelow([...known, ids[level] as Id]);
    else {
      const found = look[getIds[ID_LETTERS[name][level] as string] as string]?.(...known) as Id[] | undefined;
      found?.forEach((id) => {
        callBelow([...known, id]);
      });
    }
  };
  callBelow([]);
};
