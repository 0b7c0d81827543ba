// What of the suite for mergeable stores cannot hold where stamps lie otherwise than in mode `rows`, with the reasons.

type Skips = {readonly [ruleOrTitle: string]: string};

export const mergeableSkips = {
  rows: {},
  tabular: {
    '[MS10] comes back with its stamps and hashes, awkward ids and cells included':
      'tables are named one by one; tests of their own ([MS20]) have such ids',
    '[MS12] takes over what a plain store left, as the earliest of all':
      'what a plain store saves into tables is an edit as by SQL; tests of their own ([MS22]) show it',
    MS13: 'deletions beside tables are not forgotten yet',
  },
  records: {MS13: 'deletions in IndexedDB and in keys are not forgotten yet'},
} as const satisfies Readonly<Record<string, Skips>>;
