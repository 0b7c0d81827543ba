// What a store holds, as plain data: the shapes that the store, the persister and every storage share.
// Knows nothing of how any of them keeps it.

/** A string that identifies a table, row, cell, value or listener. Any string is an id, `''` and `__proto__` included. */
export type Id = string;
export type Ids = Id[];
/** An id, or `null` for "any". */
export type IdOrNull = Id | null;
/** A string of JSON text. */
export type Json = string;

/** A plain object that JSON can carry: strings, finite numbers, booleans, `null`, plain objects and arrays, recursively. */
export type AnyObject = {[key: string]: unknown};
/** An array that JSON can carry. */
export type AnyArray = unknown[] | readonly unknown[];

export type Cell = string | number | boolean | null | AnyObject | AnyArray;
export type CellOrUndefined = Cell | undefined;
export type Value = Cell;
export type ValueOrUndefined = Value | undefined;

export type Row = {[cellId: Id]: Cell};
export type Table = {[rowId: Id]: Row};
export type Tables = {[tableId: Id]: Table};
export type Values = {[valueId: Id]: Value};

/** Everything in a store: `[{pets: {fido: {species: 'dog'}}}, {open: true}]`. */
export type Content = [tables: Tables, values: Values];

/** What became of a row: its changed cells, `undefined` for a deleted cell. */
export type RowChanges = {[cellId: Id]: CellOrUndefined};
/** What became of a table: its changed rows, `undefined` for a deleted row. */
export type TableChanges = {[rowId: Id]: RowChanges | undefined};
export type TablesChanges = {[tableId: Id]: TableChanges | undefined};
type ValuesChanges = {[valueId: Id]: ValueOrUndefined};
/** A difference between two contents: `[{pets: {fido: {sold: true}, felix: undefined}}, {}, 1]`. */
export type Changes = [changedTables: TablesChanges, changedValues: ValuesChanges, isChanges: 1];
