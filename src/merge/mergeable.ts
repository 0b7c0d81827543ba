// What mergeable content looks like to others, as TinyBase's: every thing as `[thing, clock, hash]`. In changes there is no hash, and
// no clock that is empty.

import type {CellOrUndefined, Id, ValueOrUndefined} from '../base/content.ts';
import type {Hash} from './hash.ts';
import type {Hlc} from './hlc.ts';

/** A thing and when it was set; in hashed content always with its hash, and with an empty clock where it has none. */
export type Stamp<Thing, Hashed extends boolean = false> = Hashed extends true
  ? [thing: Thing, hlc: Hlc, hash: Hash]
  : [thing: Thing, hlc?: Hlc];

export type CellStamp<Hashed extends boolean = false> = Stamp<CellOrUndefined, Hashed>;
export type RowStamp<Hashed extends boolean = false> = Stamp<{[cellId: Id]: CellStamp<Hashed>}, Hashed>;
export type TableStamp<Hashed extends boolean = false> = Stamp<{[rowId: Id]: RowStamp<Hashed>}, Hashed>;
export type TablesStamp<Hashed extends boolean = false> = Stamp<{[tableId: Id]: TableStamp<Hashed>}, Hashed>;
export type ValueStamp<Hashed extends boolean = false> = Stamp<ValueOrUndefined, Hashed>;
export type ValuesStamp<Hashed extends boolean = false> = Stamp<{[valueId: Id]: ValueStamp<Hashed>}, Hashed>;

export type ContentHashes = [tablesHash: Hash, valuesHash: Hash];
export type TableHashes = {[tableId: Id]: Hash};
export type RowHashes = {[tableId: Id]: {[rowId: Id]: Hash}};
export type CellHashes = {[tableId: Id]: {[rowId: Id]: {[cellId: Id]: Hash}}};
export type ValueHashes = {[valueId: Id]: Hash};

/** Everything, deleted things included: `[[{pets: [{fido: [{age: [3, hlc, hash]}, '', hash]}, '', hash]}, '', hash], [{}, '', 0]]`. */
export type MergeableContent = [mergeableTables: TablesStamp<true>, mergeableValues: ValuesStamp<true>];

/** What changed: `[[{pets: [{fido: [{age: [4, hlc]}]}]}], [{}], 1]`. */
export type MergeableChanges<Hashed extends boolean = false> = [
  mergeableTables: TablesStamp<Hashed>,
  mergeableValues: ValuesStamp<Hashed>,
  isChanges: 1,
];
