// Numbers where a binding answers with bigints. Knows nothing of rows.

/** A whole number as a number where that holds it exactly, and else as the bigint that it is. */
export const toExactNumber = (value: unknown): unknown =>
  typeof value === 'bigint' && BigInt(Number(value)) === value ? Number(value) : value;
