// How far one storage has read the change log, and which entries are its own. Knows no SQL.

export interface LogPosition {
  /** The newest entry that is known; entries after it are news, but for one's own. */
  seq(): number;
  isOwn(seq: number): boolean;
  /** Everything up to here is known. */
  moveTo(seq: number): void;
  /** Told the numbers of entries that this storage added. */
  noteOwn(seqs: readonly number[]): void;
}

export const createLogPosition = (): LogPosition => {
  let known = 0;
  // Own entries beyond `known`, with others' between.
  const ownSeqs = new Set<number>();

  return {
    seq: () => known,
    isOwn: (seq) => ownSeqs.has(seq),
    moveTo: (seq) => {
      known = seq;
      for (const own of ownSeqs) {
        if (own <= seq) {
          ownSeqs.delete(own);
        }
      }
    },
    noteOwn: (seqs) => {
      for (const seq of seqs) {
        if (seq === known + 1) {
          known = seq;
        } else if (seq > known) {
          ownSeqs.add(seq);
        }
      }
    },
  };
};
