// Counts what a server does, and writes it down as Prometheus reads it
// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). Knows nothing of servers.

/** Why clients were refused or closed. */
export type RefusalReason =
  | 'malformed'
  | 'overloaded'
  | 'clock-ahead'
  | 'not-allowed'
  | 'too-big'
  | 'too-fast'
  | 'too-many'
  | 'not-reading'
  | 'draining';

export interface ServerMetrics {
  received(bytes: number): void;
  sent(characters: number): void;
  refused(reason: RefusalReason): void;
  readOnlyRefused(): void;
  persisterFailed(): void;
  saved(durationMs: number): void;
  /** So many clients, paths, open stores and failing paths are there now. */
  toText(gauges: MetricsGauges): string;
  counts(): MetricsCounts;
}

export interface MetricsGauges {
  readonly clients: number;
  readonly paths: number;
  readonly openPaths: number;
  readonly failingPaths: number;
  readonly heldBytes: number;
}

export interface MetricsCounts {
  readonly messagesReceived: number;
  readonly bytesReceived: number;
  readonly messagesSent: number;
  readonly charactersSent: number;
  readonly refusals: {readonly [reason in RefusalReason]?: number};
  readonly changesRefused: number;
  readonly persisterFailures: number;
  readonly saves: number;
}

const REASONS: readonly RefusalReason[] = [
  'malformed',
  'overloaded',
  'clock-ahead',
  'not-allowed',
  'too-big',
  'too-fast',
  'too-many',
  'not-reading',
  'draining',
];
/** Seconds. */
const SAVE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const createServerMetrics = (): ServerMetrics => {
  const counts = {messagesReceived: 0, bytesReceived: 0, messagesSent: 0, charactersSent: 0};
  const refusals = new Map<RefusalReason, number>();
  const buckets = SAVE_BUCKETS.map(() => 0);
  let changesRefused = 0;
  let persisterFailures = 0;
  let saves = 0;
  let savedSeconds = 0;

  return {
    received: (bytes) => {
      counts.messagesReceived++;
      counts.bytesReceived += bytes;
    },
    sent: (characters) => {
      counts.messagesSent++;
      counts.charactersSent += characters;
    },
    refused: (reason) => void refusals.set(reason, (refusals.get(reason) ?? 0) + 1),
    readOnlyRefused: () => void changesRefused++,
    persisterFailed: () => void persisterFailures++,
    saved: (durationMs) => {
      saves++;
      savedSeconds += durationMs / 1_000;
      SAVE_BUCKETS.forEach((seconds, index) => {
        if (durationMs <= seconds * 1_000) {
          buckets[index] = (buckets[index] as number) + 1;
        }
      });
    },
    counts: () => ({
      ...counts,
      refusals: Object.fromEntries(refusals),
      changesRefused,
      persisterFailures,
      saves,
    }),
    toText: (gauges) =>
      [
        metric('clients', 'gauge', 'Clients on paths; one on two channels counts twice.', gauges.clients),
        metric('paths', 'gauge', 'Paths that have clients.', gauges.paths),
        metric(
          'open_paths',
          'gauge',
          'Paths whose stores are open, with clients or without.',
          gauges.openPaths,
        ),
        metric('failing_paths', 'gauge', 'Paths that cannot be stored at present.', gauges.failingPaths),
        metric('held_bytes', 'gauge', 'Bytes of messages that are not whole yet, or wait.', gauges.heldBytes),
        metric('messages_received_total', 'counter', 'Frames from clients.', counts.messagesReceived),
        metric('received_bytes_total', 'counter', 'Bytes of frames from clients.', counts.bytesReceived),
        metric('messages_sent_total', 'counter', 'Frames to clients.', counts.messagesSent),
        metric('sent_characters_total', 'counter', 'Characters of frames to clients.', counts.charactersSent),
        header('refusals_total', 'counter', 'Clients that were refused or closed, by reason.'),
        ...REASONS.map(
          (reason) => `holdfast_refusals_total{reason="${reason}"} ${refusals.get(reason) ?? 0}`,
        ),
        metric('changes_refused_total', 'counter', 'Changes of clients that may only read.', changesRefused),
        metric('persister_failures_total', 'counter', 'Times that a path began to fail.', persisterFailures),
        header('save_seconds', 'histogram', 'From a change until it is stored.'),
        ...SAVE_BUCKETS.map(
          (seconds, index) => `holdfast_save_seconds_bucket{le="${seconds}"} ${buckets[index]}`,
        ),
        `holdfast_save_seconds_bucket{le="+Inf"} ${saves}`,
        `holdfast_save_seconds_sum ${savedSeconds}`,
        `holdfast_save_seconds_count ${saves}`,
        '',
      ].join('\n'),
  };
};

const header = (name: string, type: string, help: string): string =>
  `# HELP holdfast_${name} ${help}\n# TYPE holdfast_${name} ${type}`;

const metric = (name: string, type: string, help: string, value: number): string =>
  `${header(name, type, help)}\nholdfast_${name} ${value}`;
