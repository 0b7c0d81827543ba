// The matrix of what was certified: what was tested, by the rules of the suites, one table a suite. Knows the titles that
// the suites in src/testing give, and nothing of a test runner.

const SUITE = /^(driver|storage|persister|tables|bad input) (?:(json|rows|tabular|fragmented) over )?(.+)$/;
const HOSTED = /^(.+) › ((?:\[\w+\] )+.+)$/;
const RULES = /^((?:\[\w+\] )+)/;

const HEADING = {
  driver: 'Drivers, alone and under a connection',
  storage: 'Storages, in every layout',
  persister: 'Persisters, in every layout',
  tables: 'Tables of others',
  'bad input': 'Bad input, in every layout',
};

/**
 * `tests`: `{suite, title, state, note}` each, where `state` is passed, failed or skipped, and `note` says why it was skipped.
 * Returns the lines to print; none where no suite ran.
 */
export const describeMatrix = (tests) => {
  const suites = new Map();
  for (const {suite: given, title: told, state, note} of tests) {
    // Some hosts run whole suites, whose tests are told by both names.
    const [, suite = given, title = told] = HOSTED.exec(told) ?? [];
    const [, kind, layout, name] = SUITE.exec(suite) ?? [];
    const rules = RULES.exec(title)?.[1].match(/\w+/g);
    if (kind === undefined || rules === undefined) {
      continue;
    }
    for (const rule of rules) {
      const rows = of(suites, kind, () => new Map());
      const cells = of(rows, name, () => new Map());
      of(cells, rule, () => []).push({layout, state, note});
    }
  }
  const lines = [];
  const letters = new Map();
  for (const kind of Object.keys(HEADING)) {
    const rows = suites.get(kind);
    if (rows !== undefined) {
      lines.push('', ` ${HEADING[kind]}`, ...describeTable(rows, letters));
    }
  }
  if (lines.length > 0) {
    lines.push(
      '',
      ' + passed, ! failed; a letter: a test of the rule was skipped there, + beside it: others passed',
    );
    for (const [note, letter] of letters) {
      lines.push(`   ${letter.padEnd(2)} ${note}`);
    }
  }
  return lines;
};

const describeTable = (rows, letters) => {
  const rules = [...new Set([...rows.values()].flatMap((cells) => [...cells.keys()]))].sort(compareRules);
  const names = [...rows.keys()].sort();
  const texts = new Map(
    names.map((name) => [name, rules.map((rule) => describeCell(rows.get(name).get(rule) ?? [], letters))]),
  );
  const widths = rules.map((rule, index) =>
    Math.max(rule.length, ...names.map((name) => texts.get(name)[index].length)),
  );
  const nameWidth = Math.max(...names.map(({length}) => length));
  const line = (name, cells) =>
    `   ${name.padEnd(nameWidth)}  ${cells.map((cell, index) => cell.padEnd(widths[index])).join(' ')}`.trimEnd();
  return [line('', rules), ...names.map((name) => line(name, texts.get(name)))];
};

const describeCell = (tests, letters) => {
  if (tests.length === 0) {
    return '';
  }
  if (tests.some(({state}) => state === 'failed')) {
    return '!';
  }
  const skipped = [
    ...new Set(
      tests
        .filter(({state}) => state === 'skipped')
        .map(({note}) => of(letters, note, () => letterOf(letters.size))),
    ),
  ];
  return (tests.some(({state}) => state === 'passed') ? '+' : '') + skipped.join('');
};

const letterOf = (index) => {
  const rest = Math.floor(index / 26);
  return (rest === 0 ? '' : letterOf(rest - 1)) + String.fromCharCode(97 + (index % 26));
};

const compareRules = (one, other) => one.localeCompare(other, 'en', {numeric: true});

const of = (map, key, create) => {
  if (!map.has(key)) {
    map.set(key, create());
  }
  return map.get(key);
};
