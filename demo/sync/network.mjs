// The network between one client and the server, which a train may leave: what goes to its port goes on to the server's, unless it is down.
// Neither side is told; both notice that the connection is gone.
import {connect, createServer} from 'node:net';

/** Resolves with a network to a server at a port of this machine. */
export const openNetwork = async (port) => {
  const sockets = new Set();
  let isDown = false;
  const keep = (socket, other) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const relay = createServer((socket) => {
    const server = connect(port, '127.0.0.1');
    keep(socket, server);
    keep(server, socket);
    isDown ? socket.destroy() : socket.pipe(server).pipe(socket);
  });
  await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  return {
    url: `ws://127.0.0.1:${relay.address().port}`,
    goDown: () => {
      isDown = true;
      cut();
    },
    comeUp: () => {
      isDown = false;
    },
    close: () => {
      relay.close();
      cut();
    },
  };
};
