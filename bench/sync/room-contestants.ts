// Who is measured in rooms: servers that keep what is said in each room, and clients that edit one cell of a shared table, or one entry
// of a shared map, and hear of what the others edited. Holdfast, tinybase@10.0.1 and hocuspocus with Yjs.

import type {AddressInfo} from 'node:net';
import {importComponent} from '../../test/components/component.ts';
import {type Contestant, contestants, type Server} from './contestants.ts';

export interface RoomClient {
  /** Sets one of the room's numbers. */
  readonly edit: (rowId: string, number: number) => void;
}

export interface RoomContestant {
  readonly serve: () => Promise<Server>;
  /** Resolves once what is there has been exchanged; `onEdit` is told of each number that is set, by whomever. */
  readonly join: (port: number, room: string, onEdit: (number: number) => void) => Promise<RoomClient>;
}

const storeRooms = ({serve, connect, createStore}: Contestant): RoomContestant => ({
  serve: () => serve(true),
  join: async (port, room, onEdit) => {
    const store = createStore();
    const {synchronizer} = await connect(store, `ws://127.0.0.1:${port}/${room}`, 1);
    await synchronizer.startSync();
    store.addCellListener('t', null, 'n', (_store, _tableId, _rowId, _cellId, number) =>
      onEdit(number as number),
    );
    return {edit: (rowId, number) => store.setCell('t', rowId, 'n', number)};
  },
});

interface Yjs {
  readonly Doc: new () => {
    getMap(name: string): {
      set(key: string, value: number): void;
      observe(
        listener: (event: {keysChanged: Set<string>; target: {get(key: string): number}}) => void,
      ): void;
    };
  };
}

const hocuspocus: RoomContestant = {
  serve: async () => {
    const {Server: HocuspocusServer} = await importComponent<{
      Server: new (
        options: object,
      ) => {
        listen(): Promise<unknown>;
        destroy(): Promise<void>;
        httpServer: {address(): AddressInfo};
      };
    }>('hocuspocus', '@hocuspocus/server');
    const server = new HocuspocusServer({port: 0, address: '127.0.0.1', quiet: true, stopOnSignals: false});
    await server.listen();
    return {port: server.httpServer.address().port, destroy: () => server.destroy()};
  },
  join: async (port, room, onEdit) => {
    const {HocuspocusProvider} = await importComponent<{HocuspocusProvider: new (options: object) => object}>(
      'hocuspocus',
      '@hocuspocus/provider',
    );
    const {Doc} = await importComponent<Yjs>('hocuspocus', 'yjs');
    const document = new Doc();
    await new Promise<void>((resolve) => {
      new HocuspocusProvider({
        url: `ws://127.0.0.1:${port}`,
        name: room,
        document,
        onSynced: () => resolve(),
      });
    });
    const map = document.getMap('t');
    map.observe(({keysChanged, target}) => {
      for (const key of keysChanged) {
        onEdit(target.get(key));
      }
    });
    return {edit: (rowId, number) => map.set(rowId, number)};
  },
};

export const roomContestants: {readonly [name: string]: RoomContestant} = {
  ...Object.fromEntries(Object.entries(contestants).map(([name, each]) => [name, storeRooms(each)])),
  hocuspocus,
};
