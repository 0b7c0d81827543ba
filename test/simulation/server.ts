// A server: the real one, on simulated sockets, whose room lies on a simulated disk, or nowhere.

import {getHlcFunctions} from '../../src/merge/hlc.ts';
import {createWsServer, type WsServer} from '../../src/sync/ws-server.ts';
import type {Disk} from './disk.ts';
import type {ServerSetup} from './history.ts';
import {createReplica, type Node, noteFault, type Replica, type Scene} from './scene.ts';
import type {Process} from './world.ts';

export interface ServerParts {
  readonly name: string;
  readonly address: number;
  readonly setup: ServerSetup;
  readonly disk: Disk | undefined;
}

export const createServer = (scene: Scene, {name, address, setup, disk}: ServerParts): Node => {
  const {world, network, faults} = scene;
  let {skewMs} = setup;
  let process: Process = {name, isAlive: false, skewMs};
  let server: WsServer | undefined;
  let kept: Replica[] = [];

  const keep = (of: Process): Replica['persister'] => {
    const replica = createReplica(scene, of, `store of ${name}`, disk);
    const {persister} = replica;
    if (persister === undefined) {
      return undefined;
    }
    kept.push(replica);
    return {
      ...persister,
      destroy: async () => {
        kept = kept.filter((one) => one !== replica);
        return persister.destroy();
      },
    } as typeof persister;
  };

  return {
    name,
    disk,
    process: () => process,
    skewMs: () => skewMs,
    setClock: (newSkewMs) => {
      skewMs = newSkewMs;
      process.skewMs = skewMs;
    },
    start: () => {
      const started: Process = {name, isAlive: true, skewMs};
      process = started;
      kept = [];
      server = createWsServer(
        network.listen(address, started),
        () => keep(started) as never,
        (error) => noteFault(world, faults, started, error),
        1,
        undefined,
        {
          ports: world.portsOf(started),
          idlePathMs: setup.idlePathMs,
          onLog: ({event}) => world.count(`server: ${event}`),
        },
      );
    },
    stop: async (isDrained) => {
      const stopped = process;
      isDrained && (await server?.drain());
      await server?.destroy();
      stopped.isAlive = false;
      network.kill(stopped);
      disk?.drop(stopped);
    },
    kill: () => {
      process.isAlive = false;
      network.kill(process);
      disk?.drop(process);
    },
    compact: () => {
      const beforeMs = world.portsOf(process).now();
      const [, , encodeHlc] = getHlcFunctions('', () => 0);
      const floor = encodeHlc(beforeMs - 300_000, 0);
      for (const {persister} of process.isAlive ? kept : []) {
        if (disk !== undefined && floor > disk.floor) {
          disk.floor = floor;
        }
        persister?.compact({beforeMs}).then(
          () => world.count('deletions forgotten on a disk'),
          (error) => noteFault(world, faults, process, error),
        );
      }
    },
    replicas: () => (process.isAlive ? kept : []),
  };
};
