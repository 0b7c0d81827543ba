// biome-ignore-all lint/suspicious/noExplicitAny: the signatures are TinyBase's
// The store as a contract: its data, its schemas, its listeners, and every method. No code here; the file is long because the
// interface is. Names and signatures are TinyBase's, so that a program changes nothing but the name of the package: hence also the
// `any` of what was refused.

import type {
  AnyArray,
  AnyObject,
  Cell,
  CellOrUndefined,
  Changes,
  Content,
  Id,
  IdOrNull,
  Ids,
  Json,
  Row,
  Table,
  Tables,
  Value,
  ValueOrUndefined,
  Values,
} from '../base/content.ts';

export type {
  AnyArray,
  AnyObject,
  Cell,
  CellOrUndefined,
  Changes,
  Content,
  Id,
  IdOrNull,
  Ids,
  Json,
  Row,
  Table,
  Tables,
  Value,
  ValueOrUndefined,
  Values,
};

/** A function without arguments that is called when something happens. */
export type Callback = () => void;
/** A function that is called when something happens, and may be told about it. */
export type ParameterizedCallback<Parameter> = (parameter?: Parameter) => void;
/** What rows are sorted by: a cell, or `undefined` where the row does not have it. */
export type SortKey = CellOrUndefined;
/** Says which of two keys comes first: negative for the first one, positive for the second. */
export type Sorter = (sortKey1: SortKey, sortKey2: SortKey) => number;

// --- Schemas ---

type SchemaType = 'string' | 'number' | 'boolean' | 'object' | 'array';
type SchemaTypes = readonly [SchemaType, ...SchemaType[]];
type Primitive = string | number | boolean;

type Rule<Type, Default> = {
  type: Type;
  default?: Default | null;
  allowNull?: boolean;
  required?: boolean;
  enum?: never;
};

type EnumRule = {
  enum: readonly [Primitive, ...Primitive[]];
  type?: never;
  default?: Primitive | null;
  allowNull?: boolean;
  required?: boolean;
};

type AnyRule =
  | Rule<'string', string>
  | Rule<'number', number>
  | Rule<'boolean', boolean>
  | Rule<'object', AnyObject>
  | Rule<'array', AnyArray>
  | Rule<SchemaTypes, Primitive | AnyObject | AnyArray>
  | EnumRule;

/**
 * What a cell may be: one type (`{type: 'string'}`), one of several (`{type: ['string', 'number']}`), or one of the values listed
 * (`{enum: ['good', 5, true]}`).
 *
 * `allowNull` also allows `null`. `default` stands in wherever the cell would be missing or is refused; a default that does not
 * obey the rest is left out. `required` refuses a row that is set as a whole without the cell (a part of a row may be set without it).
 */
export type CellSchema = AnyRule;

/** What a value may be; see `CellSchema`. */
export type ValueSchema = AnyRule;

/**
 * The tables that may exist and what their cells may be: `{pets: {sold: {type: 'boolean', default: false}}}`.
 */
export type TablesSchema = {[tableId: Id]: {[cellId: Id]: CellSchema}};

/** The values that may exist and what they may be: `{open: {type: 'boolean'}}`. */
export type ValuesSchema = {[valueId: Id]: ValueSchema};

/** Stands for "no tables schema" in types. */
export type NoTablesSchema = {[tableId: Id]: {[cellId: Id]: {type: 'any'}}};
/** Stands for "no values schema" in types. */
export type NoValuesSchema = {[valueId: Id]: {type: 'any'}};
export type OptionalTablesSchema = TablesSchema | NoTablesSchema;
export type OptionalValuesSchema = ValuesSchema | NoValuesSchema;
export type OptionalSchemas = [OptionalTablesSchema, OptionalValuesSchema];
export type NoSchemas = [NoTablesSchema, NoValuesSchema];

type OfType<Type> = Type extends readonly (infer Each)[]
  ? OfType<Each>
  : Type extends 'string'
    ? string
    : Type extends 'number'
      ? number
      : Type extends 'boolean'
        ? boolean
        : Type extends 'object'
          ? AnyObject
          : Type extends 'array'
            ? AnyArray
            : never;
type OfRule<Schema> = Schema extends {enum: readonly (infer Member)[]}
  ? Member
  : Schema extends {type: infer Type}
    ? OfType<Type>
    : never;
type OrNull<Schema> = Schema extends {allowNull: true} ? null : never;
type WithFittingDefault<Schema> = Schema extends {default: infer Default}
  ? [Default] extends [OfRule<Schema> | OrNull<Schema>]
    ? unknown
    : never
  : unknown;
/** Makes a default that does not fit its own rule a type error. */
type FittingTablesSchema<Schema extends TablesSchema> = {
  [TableId in keyof Schema]: {[CellId in keyof Schema[TableId]]: WithFittingDefault<Schema[TableId][CellId]>};
};
type FittingValuesSchema<Schema extends ValuesSchema> = {
  [ValueId in keyof Schema]: WithFittingDefault<Schema[ValueId]>;
};

// --- Callbacks ---

/** Is called with a table's id, and with a function that goes through its rows. */
export type TableCallback = (tableId: Id, forEachRow: (rowCallback: RowCallback) => void) => void;
/** Is called with the id of a cell that a table uses, and with the number of rows that have it. */
export type TableCellCallback = (cellId: Id, count: number) => void;
/** Is called with a row's id, and with a function that goes through its cells. */
export type RowCallback = (rowId: Id, forEachCell: (cellCallback: CellCallback) => void) => void;
/** Is called with a cell's id and the cell. */
export type CellCallback = (cellId: Id, cell: Cell) => void;
/** Is called with a value's id and the value. */
export type ValueCallback = (valueId: Id, value: Value) => void;
/** Makes a new cell of the one that is there, if any. */
export type MapCell = (cell: CellOrUndefined) => Cell;
/** Makes a new value of the one that is there, if any. */
export type MapValue = (value: ValueOrUndefined) => Value;
/** Gives a cell of a row that is known from the context. */
export type GetCell = (cellId: Id) => CellOrUndefined;
/** Looks at a transaction that is about to end and answers whether to take it back. */
export type DoRollback = (store: Store) => boolean;

/** Which rows, in which order, and which page of them: only `tableId` is required. */
export type SortedRowIdsArgs = {
  /** The table whose rows are sorted. */
  tableId: Id;
  /** The cell by which they are sorted; by the row ids themselves if it is left out. */
  cellId?: Id;
  /** From the greatest to the least; `false` by default. */
  descending?: boolean;
  /** How many rows to leave out at the beginning; 0 by default. */
  offset?: number;
  /** How many rows to give at most; all by default. */
  limit?: number;
  /** How two cells compare; `defaultSorter` by default. */
  sorter?: Sorter;
};

// --- What a transaction did ---

/** `1` for an id that came, `-1` for one that went. */
export type IdAddedOrRemoved = 1 | -1;
/** Tables that came or went. */
export type ChangedTableIds = {[tableId: Id]: IdAddedOrRemoved};
/** Rows that came or went, by table. */
export type ChangedRowIds = {[tableId: Id]: {[rowId: Id]: IdAddedOrRemoved}};
/** Cells that came or went, by table and row. */
export type ChangedCellIds = {[tableId: Id]: {[rowId: Id]: {[cellId: Id]: IdAddedOrRemoved}}};
/** Values that came or went. */
export type ChangedValueIds = {[valueId: Id]: IdAddedOrRemoved};
/** A cell before and after; `undefined` where it did not exist. The two are never equal. */
export type ChangedCell = [oldCell: CellOrUndefined, newCell: CellOrUndefined];
/** The cells that are not as they were when the transaction began. */
export type ChangedCells = {[tableId: Id]: {[rowId: Id]: {[cellId: Id]: ChangedCell}}};
/** A value before and after; `undefined` where it did not exist. The two are never equal. */
export type ChangedValue = [oldValue: ValueOrUndefined, newValue: ValueOrUndefined];
/** The values that are not as they were when the transaction began. */
export type ChangedValues = {[valueId: Id]: ChangedValue};
/**
 * What was tried and refused, in order, by table, row and cell; an id that could not be named is
 * `'undefined'`.
 */
export type InvalidCells = {[tableId: Id]: {[rowId: Id]: {[cellId: Id]: any[]}}};
/** What was tried and refused, in order, by value. */
export type InvalidValues = {[valueId: Id]: any[]};

/** Everything that happened in a transaction; "touched" includes what was changed and changed back. */
export type TransactionLog = [
  cellsTouched: boolean,
  valuesTouched: boolean,
  changedCells: ChangedCells,
  invalidCells: InvalidCells,
  changedValues: ChangedValues,
  invalidValues: InvalidValues,
  changedTableIds: ChangedTableIds,
  changedRowIds: ChangedRowIds,
  changedCellIds: ChangedCellIds,
  changedValueIds: ChangedValueIds,
];

/** Gives the ids that came (`1`) and went (`-1`) in this transaction. */
export type GetIdChanges = () => {[id: Id]: IdAddedOrRemoved};
/** Whether a cell is not as it was when the transaction began, what it was, and what it is. */
export type CellChange = [changed: boolean, oldCell: CellOrUndefined, newCell: CellOrUndefined];
/** Answers for any cell what this transaction did to it. */
export type GetCellChange = (tableId: Id, rowId: Id, cellId: Id) => CellChange;
/** Whether a value is not as it was when the transaction began, what it was, and what it is. */
export type ValueChange = [changed: boolean, oldValue: ValueOrUndefined, newValue: ValueOrUndefined];
/** Answers for any value what this transaction did to it. */
export type GetValueChange = (valueId: Id) => ValueChange;

// --- Listeners: the get…Change functions are `undefined` when `callListener` called ---

/** Is called when a transaction begins, is about to finish, or has finished. */
export type TransactionListener<S extends Store = Store> = (store: S) => void;

/** Is called when the first table comes or the last one goes. */
export type HasTablesListener<S extends Store = Store> = (store: S, hasTables: boolean) => void;

/** Is called when any cell changed. */
export type TablesListener<S extends Store = Store> = (
  store: S,
  getCellChange: GetCellChange | undefined,
) => void;

/** Is called when tables came or went. */
export type TableIdsListener<S extends Store = Store> = (
  store: S,
  getIdChanges: GetIdChanges | undefined,
) => void;

/** Is called when a table came or went. */
export type HasTableListener<S extends Store = Store> = (store: S, tableId: Id, hasTable: boolean) => void;

/** Is called when a cell of a table changed. */
export type TableListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  getCellChange: GetCellChange | undefined,
) => void;

/** Is called when cell ids came into use in a table, or fell out of it. */
export type TableCellIdsListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  getIdChanges: GetIdChanges | undefined,
) => void;

/** Is called when a cell id came into use in a table, or fell out of it. */
export type HasTableCellListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  cellId: Id,
  hasTableCell: boolean,
) => void;

/** Is called when the number of rows of a table changed. */
export type RowCountListener<S extends Store = Store> = (store: S, tableId: Id, count: number) => void;

/** Is called when rows came or went. */
export type RowIdsListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  getIdChanges: GetIdChanges | undefined,
) => void;

/** Is called when the sorted row ids, or the page of them, are not what they were. */
export type SortedRowIdsListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  cellId: Id | undefined,
  descending: boolean,
  offset: number,
  limit: number | undefined,
  sortedRowIds: Ids,
) => void;

/** Is called when a row came or went. */
export type HasRowListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  rowId: Id,
  hasRow: boolean,
) => void;

/** Is called when a cell of a row changed. */
export type RowListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  rowId: Id,
  getCellChange: GetCellChange | undefined,
) => void;

/** Is called when cells of a row came or went. */
export type CellIdsListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  rowId: Id,
  getIdChanges: GetIdChanges | undefined,
) => void;

/** Is called when a cell came or went. */
export type HasCellListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  rowId: Id,
  cellId: Id,
  hasCell: boolean,
) => void;

/** Is called when a cell changed; a cell that came or went is `undefined` before or after. */
export type CellListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  rowId: Id,
  cellId: Id,
  newCell: Cell,
  oldCell: Cell,
  getCellChange: GetCellChange | undefined,
) => void;

/**
 * Is called when cells were refused, with all that was tried, in order. Ids are `undefined` where a whole row
 * or table was refused.
 */
export type InvalidCellListener<S extends Store = Store> = (
  store: S,
  tableId: Id,
  rowId: Id,
  cellId: Id,
  invalidCells: any[],
) => void;

/** Is called when the first value comes or the last one goes. */
export type HasValuesListener<S extends Store = Store> = (store: S, hasValues: boolean) => void;

/** Is called when any value changed. */
export type ValuesListener<S extends Store = Store> = (
  store: S,
  getValueChange: GetValueChange | undefined,
) => void;

/** Is called when values came or went. */
export type ValueIdsListener<S extends Store = Store> = (
  store: S,
  getIdChanges: GetIdChanges | undefined,
) => void;

/** Is called when a value came or went. */
export type HasValueListener<S extends Store = Store> = (store: S, valueId: Id, hasValue: boolean) => void;

/** Is called when a value changed; a value that came or went is `undefined` before or after. */
export type ValueListener<S extends Store = Store> = (
  store: S,
  valueId: Id,
  newValue: Value,
  oldValue: Value,
  getValueChange: GetValueChange | undefined,
) => void;

/** Is called when values were refused, with all that was tried, in order. */
export type InvalidValueListener<S extends Store = Store> = (
  store: S,
  valueId: Id,
  invalidValues: any[],
) => void;

/** How many listeners there are, by kind, mutators included. */
export type StoreListenerStats = {
  hasTables: number;
  tables: number;
  tableIds: number;
  hasTable: number;
  table: number;
  tableCellIds: number;
  hasTableCell: number;
  rowCount: number;
  rowIds: number;
  sortedRowIds: number;
  hasRow: number;
  row: number;
  cellIds: number;
  hasCell: number;
  cell: number;
  invalidCell: number;
  hasValues: number;
  values: number;
  valueIds: number;
  hasValue: number;
  value: number;
  invalidValue: number;
  transaction: number;
};

/**
 * Keeps tables of rows of cells, and named values, and tells listeners what changed.
 *
 * - Cells and values are strings, finite numbers, booleans, `null`, and plain objects and arrays of these. Everything that
 *   goes in comes out equal (-0 included); what JSON would change or leave out inside an object is refused.
 * - What is refused (for its type, or by a schema) is left out without an error; invalid-cell and invalid-value listeners tell of it.
 *   Strings that start with U+FFFD, and the string U+FFFC, are refused.
 * - Whatever a method returns is the caller's own copy, and has no prototype where its keys are ids.
 * - Every string is an id, also `''` and `__proto__`. Rows without cells and tables without rows do not exist.
 * - Methods return the store where they have nothing else to return. They do nothing when called by a listener that is no mutator.
 */
export interface Store {
  // --- Looking ---

  /** Returns all tables and values. */
  getContent(): Content;
  /** Returns all tables. */
  getTables(): Tables;
  /** Returns the ids of all tables, in the order in which they came. */
  getTableIds(): Ids;
  /** Returns a table, `{}` if there is none. */
  getTable(tableId: Id): Table;
  /** Returns the ids of all cells that any row of a table has, in the order in which they came into use. */
  getTableCellIds(tableId: Id): Ids;
  /** Returns the number of rows of a table. */
  getRowCount(tableId: Id): number;
  /** Returns the ids of the rows of a table, in the order in which they came. */
  getRowIds(tableId: Id): Ids;
  /**
   * Returns row ids in the order of a cell, or of the ids themselves if none is named; sorts afresh at each
   * call. See `SortedRowIdsArgs`.
   */
  getSortedRowIds(
    tableId: Id,
    cellId?: Id,
    descending?: boolean,
    offset?: number,
    limit?: number,
    sorter?: Sorter,
  ): Ids;
  /** The same with named arguments. */
  getSortedRowIds(args: SortedRowIdsArgs): Ids;
  /** Returns a row, `{}` if there is none. */
  getRow(tableId: Id, rowId: Id): Row;
  /**
   * Returns the ids of the cells of a row, in the order in which they came; ids that are whole numbers come
   * first, as in any object.
   */
  getCellIds(tableId: Id, rowId: Id): Ids;
  /** Returns a cell, `undefined` if there is none. */
  getCell(tableId: Id, rowId: Id, cellId: Id): CellOrUndefined;
  /** Returns all values. */
  getValues(): Values;
  /** Returns the ids of all values, in the order in which they came. */
  getValueIds(): Ids;
  /** Returns a value, `undefined` if there is none. */
  getValue(valueId: Id): ValueOrUndefined;
  /** Whether there is any table. */
  hasTables(): boolean;
  /** Whether there is such a table. */
  hasTable(tableId: Id): boolean;
  /** Whether any row of a table has such a cell. */
  hasTableCell(tableId: Id, cellId: Id): boolean;
  /** Whether there is such a row. */
  hasRow(tableId: Id, rowId: Id): boolean;
  /** Whether there is such a cell. */
  hasCell(tableId: Id, rowId: Id, cellId: Id): boolean;
  /** Whether there is any value. */
  hasValues(): boolean;
  /** Whether there is such a value. */
  hasValue(valueId: Id): boolean;
  /**
   * Returns all tables as JSON text. Objects and arrays in cells are strings there: U+FFFD and their own
   * JSON.
   */
  getTablesJson(): Json;
  /** Returns all values as JSON text, objects and arrays as in `getTablesJson`. */
  getValuesJson(): Json;
  /** Returns `[tables, values]` as JSON text. */
  getJson(): Json;
  /**
   * Returns the tables schema as JSON text, `{}` without one. What `setTablesSchema` did not understand is
   * not in it.
   */
  getTablesSchemaJson(): Json;
  /** Returns the values schema as JSON text, `{}` without one. */
  getValuesSchemaJson(): Json;
  /** Returns `[tablesSchema, valuesSchema]` as JSON text. */
  getSchemaJson(): Json;
  /** Whether a tables schema is in force. */
  hasTablesSchema(): boolean;
  /** Whether a values schema is in force. */
  hasValuesSchema(): boolean;
  // --- Writing ---

  /**
   * Replaces all tables and all values. An empty object empties its part; a part of which nothing is valid is
   * left as it was.
   */
  setContent(content: Content | (() => Content)): this;
  /**
   * Replaces all tables. What is invalid in it is left out; if nothing is valid, or it is empty, nothing
   * happens.
   */
  setTables(tables: Tables): this;
  /** Replaces a table; the same rules as for `setTables`. */
  setTable(tableId: Id, table: Table): this;
  /** Replaces a row; the same rules as for `setTables`. The store keeps a copy. */
  setRow(tableId: Id, rowId: Id, row: Row): this;
  /**
   * Adds a row under an id that it makes up, a whole number, and returns that id; `undefined` if the row is
   * invalid. Ids of deleted rows are used again, the longest deleted first, unless `reuseRowIds` is `false`.
   */
  addRow(tableId: Id, row: Row, reuseRowIds?: boolean): Id | undefined;
  /** Sets some cells of a row and leaves the others. */
  setPartialRow(tableId: Id, rowId: Id, partialRow: Row): this;
  /**
   * Sets a cell to what is given, or to what a function makes of what is there. If that function throws, the
   * transaction is rolled back.
   */
  setCell(tableId: Id, rowId: Id, cellId: Id, cell: Cell | MapCell): this;
  /**
   * Replaces all values. What is invalid is left out; if nothing is valid, or it is empty, nothing happens.
   */
  setValues(values: Values): this;
  /** Sets some values and leaves the others. */
  setPartialValues(partialValues: Values): this;
  /** Sets a value to what is given, or to what a function makes of what is there. */
  setValue(valueId: Id, value: Value | MapValue): this;
  /**
   * Sets and deletes what changes name: `undefined` deletes a cell, row, table or value; `null` deletes a row
   * or table, and is an ordinary cell or value.
   */
  applyChanges(changes: Changes): this;
  /** Replaces all tables by what JSON text holds; does nothing if it cannot be parsed. */
  setTablesJson(tablesJson: Json): this;
  /** Replaces all values by what JSON text holds; does nothing if it cannot be parsed. */
  setValuesJson(valuesJson: Json): this;
  /** Replaces everything by the `[tables, values]` that JSON text holds, or the tables alone by an object. */
  setJson(tablesAndValuesJson: Json): this;
  /**
   * Puts a tables schema in force: removes what it does not allow, and adds its defaults. A schema without
   * any valid rule is ignored.
   */
  setTablesSchema<const TS extends TablesSchema>(tablesSchema: TS & FittingTablesSchema<TS>): this;
  /** Puts a values schema in force, as `setTablesSchema` does for tables. */
  setValuesSchema<const VS extends ValuesSchema>(valuesSchema: VS & FittingValuesSchema<VS>): this;
  /** Puts both schemas in force. */
  setSchema<const TS extends TablesSchema, const VS extends ValuesSchema>(
    tablesSchema: TS & FittingTablesSchema<TS>,
    valuesSchema?: VS & FittingValuesSchema<VS>,
  ): this;
  // --- Deleting ---

  /** Deletes all tables. */
  delTables(): this;
  /** Deletes a table. Its row ids start again at `'0'`. */
  delTable(tableId: Id): this;
  /** Deletes a row, and its table if it was the last. */
  delRow(tableId: Id, rowId: Id): this;
  /**
   * Deletes a cell, and its row if it was the last. A cell with a default goes back to it, unless `forceDel`
   * is `true`: then the whole row is deleted.
   */
  delCell(tableId: Id, rowId: Id, cellId: Id, forceDel?: boolean): this;
  /** Deletes all values; those with defaults go back to them. */
  delValues(): this;
  /** Deletes a value; one with a default goes back to it. */
  delValue(valueId: Id): this;
  /** Lifts the tables schema; the data stays. */
  delTablesSchema(): this;
  /** Lifts the values schema; the data stays. */
  delValuesSchema(): this;
  /** Lifts both schemas. */
  delSchema(): this;
  // --- Transactions ---

  /**
   * Calls the actions, and listeners only after them, with what changed on the whole. Nested transactions are
   * part of the outermost. If the actions throw, everything is taken back and the error is thrown on; if
   * `doRollback` answers `true`, everything is taken back.
   */
  transaction<Return>(actions: () => Return, doRollback?: DoRollback): Return;
  /** Begins a transaction that lasts until `finishTransaction`. */
  startTransaction(): this;
  /** Returns what the transaction changed so far, on the whole; for `applyChanges` of another store. */
  getTransactionChanges(): Changes;
  /** Returns what happened in the transaction so far, with what was before and what was refused. */
  getTransactionLog(): TransactionLog;
  /** Ends a transaction; does nothing if none was begun. */
  finishTransaction(doRollback?: DoRollback): this;
  // --- Going through ---

  /** Calls back for each table. */
  forEachTable(tableCallback: TableCallback): void;
  /** Calls back for each cell id that a table uses. */
  forEachTableCell(tableId: Id, tableCellCallback: TableCellCallback): void;
  /** Calls back for each row of a table. Rows that come meanwhile are gone through too. */
  forEachRow(tableId: Id, rowCallback: RowCallback): void;
  /** Calls back for each cell of a row. */
  forEachCell(tableId: Id, rowId: Id, cellCallback: CellCallback): void;
  /** Calls back for each value. */
  forEachValue(valueCallback: ValueCallback): void;
  // --- Listening ---

  // A listener is called at the end of a transaction. `null` as an id listens to any. A mutator (`mutator` true) may write, is called before all
  // others, and does not see what other mutators write; all others see the whole. The returned id is for `callListener` and `delListener`.

  /** Adds a listener that is called when the first table comes or the last one goes. */
  addHasTablesListener(listener: HasTablesListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when any cell changed. */
  addTablesListener(listener: TablesListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when tables came or went. */
  addTableIdsListener(listener: TableIdsListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when a table came or went. */
  addHasTableListener(tableId: IdOrNull, listener: HasTableListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when a cell of a table changed. */
  addTableListener(tableId: IdOrNull, listener: TableListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when cell ids came into use in a table, or fell out of it. */
  addTableCellIdsListener(tableId: IdOrNull, listener: TableCellIdsListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when a cell id came into use in a table, or fell out of it. */
  addHasTableCellListener(
    tableId: IdOrNull,
    cellId: IdOrNull,
    listener: HasTableCellListener<this>,
    mutator?: boolean,
  ): Id;
  /** Adds a listener that is called when the number of rows of a table changed. */
  addRowCountListener(tableId: IdOrNull, listener: RowCountListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when rows came or went. */
  addRowIdsListener(tableId: IdOrNull, listener: RowIdsListener<this>, mutator?: boolean): Id;
  /**
   * Adds a listener that is called when the sorted row ids, or the page of them, are not what they were.
   * Takes no `null`.
   */
  addSortedRowIdsListener(
    tableId: Id,
    cellId: Id | undefined,
    descending: boolean,
    offset: number,
    limit: number | undefined,
    listener: SortedRowIdsListener<this>,
    mutator?: boolean,
  ): Id;
  /** The same with named arguments. */
  addSortedRowIdsListener(
    args: SortedRowIdsArgs,
    listener: SortedRowIdsListener<this>,
    mutator?: boolean,
  ): Id;
  /** Adds a listener that is called when a row came or went. */
  addHasRowListener(
    tableId: IdOrNull,
    rowId: IdOrNull,
    listener: HasRowListener<this>,
    mutator?: boolean,
  ): Id;
  /** Adds a listener that is called when a cell of a row changed. */
  addRowListener(tableId: IdOrNull, rowId: IdOrNull, listener: RowListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when cells of a row came or went. */
  addCellIdsListener(
    tableId: IdOrNull,
    rowId: IdOrNull,
    listener: CellIdsListener<this>,
    mutator?: boolean,
  ): Id;
  /** Adds a listener that is called when a cell came or went. */
  addHasCellListener(
    tableId: IdOrNull,
    rowId: IdOrNull,
    cellId: IdOrNull,
    listener: HasCellListener<this>,
    mutator?: boolean,
  ): Id;
  /**
   * Adds a listener that is called when a cell changed; a cell that came or went is `undefined` before or
   * after.
   */
  addCellListener(
    tableId: IdOrNull,
    rowId: IdOrNull,
    cellId: IdOrNull,
    listener: CellListener<this>,
    mutator?: boolean,
  ): Id;
  /** Adds a listener that is called when the first value comes or the last one goes. */
  addHasValuesListener(listener: HasValuesListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when any value changed. */
  addValuesListener(listener: ValuesListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when values came or went. */
  addValueIdsListener(listener: ValueIdsListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when a value came or went. */
  addHasValueListener(valueId: IdOrNull, listener: HasValueListener<this>, mutator?: boolean): Id;
  /**
   * Adds a listener that is called when a value changed; a value that came or went is `undefined` before or
   * after.
   */
  addValueListener(valueId: IdOrNull, listener: ValueListener<this>, mutator?: boolean): Id;
  /**
   * Adds a listener that is called when cells were refused, with all that was tried, in order. Ids are
   * `undefined` where a whole row or table was refused.
   */
  addInvalidCellListener(
    tableId: IdOrNull,
    rowId: IdOrNull,
    cellId: IdOrNull,
    listener: InvalidCellListener<this>,
    mutator?: boolean,
  ): Id;
  /** Adds a listener that is called when values were refused, with all that was tried, in order. */
  addInvalidValueListener(valueId: IdOrNull, listener: InvalidValueListener<this>, mutator?: boolean): Id;
  /** Adds a listener that is called when a transaction begins; what it writes belongs to the transaction. */
  addStartTransactionListener(listener: TransactionListener<this>): Id;
  /**
   * Adds a listener that is called after the mutators and before all others; what it writes belongs to the
   * transaction.
   */
  addWillFinishTransactionListener(listener: TransactionListener<this>): Id;
  /** Adds a listener that is called last; it cannot write, but still look at the changes and the log. */
  addDidFinishTransactionListener(listener: TransactionListener<this>): Id;
  /**
   * Calls a listener now, as if everything that it listens to had changed; a sorted-row-ids listener only if it did.
   */
  callListener(listenerId: Id): this;
  /** Removes a listener; its id is used again. */
  delListener(listenerId: Id): this;
  /** Returns how many listeners there are, by kind. */
  getListenerStats(): StoreListenerStats;
  /** Whether this is a mergeable store: `false`. */
  isMergeable(): boolean;
}
