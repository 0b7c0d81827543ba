// Rows as drivers answer with them, from names and values as bindings have them. Knows no binding.

import type {SqlRow} from '../sql/statement.ts';

/**
 * A row by column name. Whole numbers that come as bigints are numbers where that holds them exactly, and else the bigints
 * that they are; bytes are a Uint8Array.
 */
export const toExactRow = (names: readonly string[], values: {readonly [index: number]: unknown}): SqlRow => {
  const row: {[columnName: string]: unknown} = {};
  for (const [index, name] of names.entries()) {
    const value = values[index];
    const exact =
      typeof value === 'bigint'
        ? toExactNumber(value)
        : value instanceof ArrayBuffer
          ? new Uint8Array(value)
          : value;
    if (name === '__proto__') {
      Object.defineProperty(row, name, {value: exact, enumerable: true});
    } else {
      row[name] = exact;
    }
  }
  return row;
};

const toExactNumber = (value: bigint): number | bigint =>
  BigInt(Number(value)) === value ? Number(value) : value;
