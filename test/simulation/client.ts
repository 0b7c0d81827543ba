// A client as an application makes one: a store, perhaps on a disk, and a synchronizer that is made anew whenever its connection is
// lost.

import type {Content, Id} from '../../src/base/content.ts';
import {createBroadcastChannelSynchronizer} from '../../src/sync/broadcast-channel-synchronizer.ts';
import {createReconnectingWebSocket} from '../../src/sync/reconnecting-web-socket.ts';
import {createSynchronizer} from '../../src/sync/synchronizer.ts';
import type {WebSocketLike} from '../../src/sync/web-socket.ts';
import {createWsSynchronizer} from '../../src/sync/ws-synchronizer.ts';
import {makeDeaf} from './breakage.ts';
import type {Disk} from './disk.ts';
import type {ClientSetup, Mode} from './history.ts';
import {createReplica, type Node, noteFault, type Replica, type Scene} from './scene.ts';
import type {Process} from './world.ts';

export interface Client extends Node {
  store(): Replica['store'];
  /** Asks others, and tells them: what a connection that comes back does by itself. */
  askAndTell(): Promise<void>;
}

export interface ClientParts {
  readonly name: string;
  readonly setup: ClientSetup;
  readonly mode: Mode;
  readonly disk: Disk | undefined;
  readonly serverCount: number;
}

const REQUEST_TIMEOUT_SECONDS = 1;
const MAX_WAIT_MS = 800;

type AnySynchronizer = {destroy(): Promise<unknown>; load(): Promise<unknown>; save(): Promise<unknown>};

export const createClient = (scene: Scene, {name, setup, mode, disk, serverCount}: ClientParts): Client => {
  const {world, network, bus, breakage, written, faults} = scene;
  let skewMs = setup.skewMs;
  let process: Process = {name, isAlive: false, skewMs};
  let replica: Replica;
  let synchronizer: AnySynchronizer | undefined;
  let isStopping = false;

  const initial: Content | undefined =
    setup.initialValue === undefined
      ? undefined
      : [{t: {a: {x: setup.initialValue}}}, {x: setup.initialValue}];

  const ignore = (of: Process) => (error: unknown) => noteFault(world, faults, of, error);

  const connect = (of: Process, isAgain: boolean): void => {
    if (!of.isAlive || isStopping) {
      return;
    }
    let mine: AnySynchronizer | undefined;
    let isClosed = false;
    const plain = network.connect(of, world.pick(serverCount), '/room');
    const socket: WebSocketLike = breakage.asksNobodyAgain && isAgain ? makeDeaf(plain) : plain;
    plain.addEventListener('open', () => world.note(name, 'is connected'));
    plain.addEventListener('close', () => {
      world.note(name, 'is not connected');
      isClosed = true;
      void mine?.destroy();
      world.after(world.delay(10, MAX_WAIT_MS), () => connect(of, isAgain || mine !== undefined));
    });
    const {fragmentSize} = setup;
    createWsSynchronizer(
      replica.shared,
      socket,
      REQUEST_TIMEOUT_SECONDS,
      undefined,
      undefined,
      ignore(of),
      fragmentSize,
      world.portsOf(of),
    )
      .then(
        async (made) => {
          mine = made;
          if (isClosed || isStopping) {
            await made.destroy();
            return;
          }
          synchronizer = made;
          await made.startSync(initial);
        },
        () => undefined,
      )
      .catch(ignore(of));
  };

  // A socket that makes others by itself, and one synchronizer for all of them.
  const connectForGood = (of: Process): void => {
    const portsOf = world.portsOf(of);
    let openCount = 0;
    const socket = createReconnectingWebSocket(() => `ws://server-${world.pick(serverCount)}/room`, {
      WebSocket: class {
        constructor(url: string) {
          const address = Number(new URL(url).hostname.slice('server-'.length));
          // biome-ignore lint/correctness/noConstructorReturn: a class is what is wanted, and the network makes plain objects.
          return network.connect(of, address, '/room');
        }
      } as never,
      minDelayMs: 20,
      maxDelayMs: MAX_WAIT_MS,
      connectTimeoutMs: 2_000,
      ports: portsOf,
    });
    socket.addEventListener('open', () => {
      world.note(name, 'is connected');
      openCount++ > 0 && world.count('socket reconnected by itself');
    });
    const {fragmentSize} = setup;
    createWsSynchronizer(
      replica.shared,
      socket,
      REQUEST_TIMEOUT_SECONDS,
      undefined,
      undefined,
      ignore(of),
      fragmentSize,
      portsOf,
    )
      .then(async (made) => {
        synchronizer = made;
        isStopping ? await made.destroy() : await made.startSync(initial);
      })
      .catch(ignore(of));
  };

  const joinTabs = (of: Process): void => {
    const made = createBroadcastChannelSynchronizer(
      replica.shared,
      'room',
      undefined,
      undefined,
      ignore(of),
      {BroadcastChannel: bus.channelsOf(of), ports: world.portsOf(of)},
    );
    synchronizer = made;
    made.startSync(initial).catch(ignore(of));
  };

  const joinOthers = (of: Process): void => {
    if (mode === 'peers') {
      joinBus(of);
    } else if (mode === 'tabs') {
      joinTabs(of);
    } else if (setup.isReconnecting && !breakage.asksNobodyAgain) {
      connectForGood(of);
    } else {
      connect(of, false);
    }
  };

  const joinBus = (of: Process): void => {
    let id: Id;
    const made = createSynchronizer(
      replica.shared,
      {
        send: (...message) => bus.sendFrom(id)(...message),
        registerReceive: (receive) => {
          id = bus.join(of, receive);
        },
        destroy: () => bus.leave(id),
        requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
        onIgnoredError: ignore(of),
        ports: world.portsOf(of),
      },
      {},
    );
    synchronizer = made;
    made.startSync(initial).catch(ignore(of));
  };

  return {
    name,
    disk,
    process: () => process,
    skewMs: () => skewMs,
    store: () => replica.store,
    setClock: (newSkewMs) => {
      skewMs = newSkewMs;
      process.skewMs = skewMs;
    },
    start: () => {
      process = {name, isAlive: true, skewMs};
      isStopping = false;
      replica = createReplica(scene, process, setup.id, disk);
      if (initial !== undefined) {
        // Whoever begins with it stamps it alike.
        written.add(`${JSON.stringify(['t', 'a', 'x'])}  ${setup.initialValue}`);
        written.add(`${JSON.stringify(['x'])}  ${setup.initialValue}`);
      }
      replica.persister?.startAutoPersisting(initial).catch(ignore(process));
      joinOthers(process);
    },
    stop: async () => {
      isStopping = true;
      const stopped = process;
      await synchronizer?.destroy();
      await replica.persister?.destroy();
      stopped.isAlive = false;
      disk?.drop(stopped);
    },
    kill: () => {
      process.isAlive = false;
      network.kill(process);
      disk?.drop(process);
    },
    replicas: () => (process.isAlive ? [replica] : []),
    askAndTell: async () => {
      await synchronizer?.load();
      await synchronizer?.save();
    },
  };
};
