// Finds out which sockets have nobody at their other end: asks each from time to time, and ends those that did not answer the last time.

interface PingedSocket {
  ping(): void;
  terminate(): void;
  on(event: 'pong', listener: () => void): unknown;
}

interface PingedServer {
  readonly clients: Iterable<PingedSocket>;
  on(event: 'connection', listener: (socket: PingedSocket) => void): unknown;
}

const INTERVAL_MS = 30_000;

/** Returns how to stop. */
export const startHeartbeat = (server: PingedServer): (() => void) => {
  const silent = new WeakSet<PingedSocket>();
  server.on('connection', (socket) => {
    socket.on('pong', () => silent.delete(socket));
  });
  const timer = setInterval(() => {
    for (const socket of server.clients) {
      if (silent.has(socket)) {
        socket.terminate();
      } else {
        silent.add(socket);
        socket.ping();
      }
    }
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
};
