// How the demo speaks: colours and a moving bar on a terminal, plain lines everywhere else.
import {SingleBar} from 'cli-progress';
import picocolors from 'picocolors';

const isTerminal = Boolean(process.stdout.isTTY);
const colors = picocolors.createColors(isTerminal && !process.env.NO_COLOR);
export const {bold, dim, green, red} = colors;

export const step = (title) => console.log(`\n${colors.cyan(isTerminal ? '●' : '*')} ${bold(title)}`);
export const say = (text) => console.log(`  ${text}`);
export const count = (number) => number.toLocaleString('en');
export const milliseconds = (ms) => `${ms >= 100 ? count(Math.round(ms)) : ms.toFixed(ms >= 10 ? 1 : 2)} ms`;

/** Aligned columns: the first to the left, numbers to the right. */
export const table = (heads, rows) => {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column].length)));
  const line = (cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('   ');
  say(dim(line(heads)));
  for (const row of rows) {
    say(line(row));
  }
};

/** Shows a persister's progress in one phase (`'loading'` or `'saving'`) until `stop()`. */
export const showProgress = (persister, phase) => {
  const show = isTerminal ? movingBar(phase) : quarterLines(phase);
  let isStopped = false;
  const listenerId = persister.onProgress((progress) => {
    if (progress.phase === phase && !isStopped) {
      show.update(progress.doneRows, progress.totalRows);
    }
  });
  return {
    stop: () => {
      isStopped = true;
      persister.delListener(listenerId);
      show.stop();
    },
  };
};

const movingBar = (phase) => {
  const bar = new SingleBar({
    format: `  ${phase} {bar} {value} of {total} rows, {duration_formatted}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    formatValue: (value, _options, type) => (type === 'value' || type === 'total' ? count(value) : value),
    hideCursor: true,
  });
  let isStarted = false;
  return {
    update: (doneRows, totalRows) => {
      if (!isStarted) {
        isStarted = true;
        bar.start(totalRows, 0);
      }
      bar.setTotal(totalRows);
      bar.update(doneRows);
    },
    stop: () => bar.stop(),
  };
};

const quarterLines = (phase) => {
  let shownQuarters = 0;
  return {
    update: (doneRows, totalRows) => {
      const quarters = !totalRows ? 0 : Math.floor((4 * doneRows) / totalRows);
      if (quarters > shownQuarters) {
        shownQuarters = quarters;
        say(`${phase}: ${count(doneRows)} of ${count(totalRows)} rows`);
      }
    },
    stop: () => {},
  };
};
