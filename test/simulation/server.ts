// A server: the real one, on simulated sockets, whose room lies on a simulated disk, or nowhere.

import {createWsServer, type WsServer} from '../../src/sync/ws-server.ts';
import type {Disk} from './disk.ts';
import {createReplica, type Node, noteFault, type Replica, type Scene} from './scene.ts';
import type {Process} from './world.ts';

export interface ServerParts {
  readonly name: string;
  readonly address: number;
  readonly skewMs: number;
  readonly disk: Disk | undefined;
}

export const createServer = (scene: Scene, {name, address, skewMs: skewAtFirst, disk}: ServerParts): Node => {
  const {world, network, faults} = scene;
  let skewMs = skewAtFirst;
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
        {ports: world.portsOf(started)},
      );
    },
    stop: async () => {
      const stopped = process;
      await server?.destroy();
      stopped.isAlive = false;
      network.kill(stopped);
    },
    kill: () => {
      process.isAlive = false;
      network.kill(process);
    },
    replicas: () => (process.isAlive ? kept : []),
  };
};
