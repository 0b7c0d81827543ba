// What a server may be told beyond what TinyBase's takes: who may do what, and how much. Knows nothing of how it is kept to.

import type {Id} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import {checkOptions, type OptionType} from '../storage/options.ts';

/** What a client may do on a path. */
export type Access = 'refused' | 'read' | 'read-write';

/** The request by which a client came. */
export interface UpgradeRequest {
  readonly url?: string | undefined;
  readonly headers: {readonly [name: string]: string | string[] | undefined};
}

/** Something that happened, for a log: `{level: 'warn', event: 'client-refused', timeMs: 1763650000000, clientId: '…', code: 1007}`. */
export interface ServerLogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly event:
    | 'client-connected'
    | 'client-gone'
    | 'client-refused'
    | 'path-opened'
    | 'path-closed'
    | 'path-failing'
    | 'path-recovered'
    | 'draining'
    | 'drained';
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly pathId?: Id;
  readonly clientId?: Id;
  /** The code with which a connection was closed. */
  readonly code?: number;
  readonly reason?: string;
  readonly error?: unknown;
  /** How long it took. */
  readonly durationMs?: number;
}

/** What TinyBase's server does not have. Where a limit is exceeded, the client that exceeds it is closed, and may come back. */
export interface SyncServerOptions {
  /**
   * Says what a client may do on a path, for each path and channel that it asks for; default read and write. One that throws or rejects
   * refuses. Who may only read is told that its changes are not taken.
   */
  readonly authorize?: (request: UpgradeRequest, pathId: Id) => Access | Promise<Access>;
  /** Bytes of one message, in one piece or in many; default 16 MiB. Give `ws` a `maxPayload` of the same, which it then never reads beyond. */
  readonly maxMessageBytes?: number;
  /** Clients in all; default 10,000. */
  readonly maxClients?: number;
  /** Clients on one path; default 1,000. */
  readonly maxClientsPerPath?: number;
  /** Paths that have clients, or whose stores are still open; default 10,000. */
  readonly maxPaths?: number;
  /** Channels of one client; default 100. */
  readonly maxChannelsPerClient?: number;
  /** Bytes of the id of a path in UTF-8; default 1,024. Ids with control characters are refused, too. */
  readonly maxPathIdBytes?: number;
  /** Bytes that may wait to be sent to one client, who else is taken for gone; default 64 MiB. */
  readonly maxBufferedBytes?: number;
  /** The same for all clients together, of whom the one that holds back most is closed first; default 512 MiB. */
  readonly maxTotalBufferedBytes?: number;
  /** Bytes that one client may have said that are not whole messages yet, or wait for permission; default 32 MiB. */
  readonly maxHeldBytes?: number;
  /** The same for all clients together, of whom the one that holds most is closed first; default 256 MiB. */
  readonly maxTotalHeldBytes?: number;
  /** Messages, or pieces, that one client may send a second, on the average of `rateBurstSeconds`; default any number. */
  readonly maxMessagesPerSecond?: number;
  /** Bytes that one client may send a second, on the average of `rateBurstSeconds`; default any number. */
  readonly maxBytesPerSecond?: number;
  /** How many seconds' worth of messages and bytes a client may send at once; default 10. */
  readonly rateBurstSeconds?: number;
  /** Bytes of the message by which a client says its presence; default 4,096. */
  readonly maxPresenceBytes?: number;
  /**
   * Milliseconds for which the store of a path stays open when its last client has left; default 0. A store that is not durable stays open
   * until it is, however long.
   */
  readonly idlePathMs?: number;
  /** Told of what happens, to be written to a log. */
  readonly onLog?: (entry: ServerLogEntry) => void;
  /** Clock, timers and ids, for a simulation; default the host's. */
  readonly ports?: Ports;
}

export type ServerLimits = Required<Omit<SyncServerOptions, 'onLog'>> & Pick<SyncServerOptions, 'onLog'>;

const MIB = 1024 * 1024;

const DEFAULTS: ServerLimits = {
  authorize: () => 'read-write',
  maxMessageBytes: 16 * MIB,
  maxClients: 10_000,
  maxClientsPerPath: 1_000,
  maxPaths: 10_000,
  maxChannelsPerClient: 100,
  maxPathIdBytes: 1_024,
  maxBufferedBytes: 64 * MIB,
  maxTotalBufferedBytes: 512 * MIB,
  maxHeldBytes: 32 * MIB,
  maxTotalHeldBytes: 256 * MIB,
  maxMessagesPerSecond: Number.POSITIVE_INFINITY,
  maxBytesPerSecond: Number.POSITIVE_INFINITY,
  rateBurstSeconds: 10,
  maxPresenceBytes: 4_096,
  idlePathMs: 0,
  ports: hostPorts,
};

const typeOfOption = (name: string): OptionType =>
  name === 'authorize' || name === 'onLog' ? 'function' : name === 'ports' ? 'object' : 'number';

/** The options, with defaults; throws `argument/unknown-option` and `argument/invalid`. */
export const resolveServerOptions = (options: SyncServerOptions): ServerLimits => {
  const names = [...Object.keys(DEFAULTS), 'onLog'];
  checkOptions(
    "a server's options",
    options,
    Object.fromEntries(names.map((name) => [name, [typeOfOption(name)]])),
  );
  const given = Object.entries(options).filter(([, option]) => option !== undefined);
  for (const [name, option] of given) {
    // `!(… >= 0)` is so of NaN, too.
    if (typeof option === 'number' && !(option >= (name === 'idlePathMs' ? 0 : Number.MIN_VALUE))) {
      throw new HoldfastError(
        'argument/invalid',
        `Option "${name}" of a server must be above 0, and is ${option}`,
        {
          option: name,
        },
      );
    }
  }
  return {...DEFAULTS, ...Object.fromEntries(given)};
};
