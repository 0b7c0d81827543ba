// What a server says while it runs: lines for people, or JSON for programs.

export interface LogOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly [name: string]: unknown;
}

export interface Log {
  write(entry: LogEntry): void;
  /** What the server is, when it starts: names and what they stand for. */
  banner(title: string, facts: readonly (readonly [string, string])[]): void;
}

const COLORS = {info: 36, warn: 33, error: 31} as const;

export const createLog = (
  format: 'json' | 'text',
  output: LogOutput,
  {hasColors = Boolean(output.isTTY)} = {},
): Log => {
  const paint = (code: number, text: string): string =>
    hasColors ? `\u001b[${code}m${text}\u001b[0m` : text;
  const dim = (text: string): string => paint(2, text);

  const writeText = ({level, event, timeMs, ...rest}: LogEntry): void => {
    const time = new Date(timeMs).toTimeString().slice(0, 8);
    const facts = Object.entries(rest).map(([name, fact]) => `${dim(`${name}=`)}${textOf(fact)}`);
    output.write(
      `${[dim(time), '', paint(COLORS[level], event.padEnd(facts.length === 0 ? 0 : 16)), ...facts].join(' ')}\n`,
    );
  };

  const writeJson = ({timeMs, ...rest}: LogEntry): void => {
    const time = new Date(timeMs).toISOString();
    output.write(
      `${JSON.stringify({time, ...rest}, (_name, thing) => (thing instanceof Error ? plain(thing) : thing))}\n`,
    );
  };

  return {
    write: format === 'json' ? writeJson : writeText,
    banner: (title, facts) => {
      if (format === 'json') {
        writeJson({level: 'info', event: 'listening', timeMs: Date.now(), ...Object.fromEntries(facts)});
        return;
      }
      const width = Math.max(...facts.map(([name]) => name.length));
      output.write(`${paint(1, title)}\n`);
      for (const [name, fact] of facts) {
        output.write(`  ${dim(name.padEnd(width))}  ${fact}\n`);
      }
      output.write('\n');
    },
  };
};

const plain = (error: Error): object => ({
  message: error.message,
  ...((error as {code?: unknown}).code === undefined ? {} : {code: (error as {code?: unknown}).code}),
});

// A client's words are not to look like a line of the log's own.
const textOf = (fact: unknown): string => {
  const text = fact instanceof Error ? fact.message : String(fact);
  return /^[-+/=\w.:]+$/.test(text) ? text : JSON.stringify(text);
};
