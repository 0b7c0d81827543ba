// The clients of one path: hands what one says to the others. Knows nothing of sockets and of what is said.

import type {Id} from '../base/content.ts';

/** The server's own id among the clients of a path. */
export const SERVER_ID = 'S';

export interface Member {
  /** Told of a message, in one text or in pieces, and who said it. */
  hear(fromId: Id, texts: readonly string[]): void;
}

export interface Room {
  readonly members: Map<Id, Member>;
  /** Hands a message to one, or to all others where `toId` is empty. Nobody hears oneself. */
  route(fromId: Id, toId: Id, texts: readonly string[]): void;
}

export const createRoom = (): Room => {
  const members = new Map<Id, Member>();
  return {
    members,
    route: (fromId, toId, texts) => {
      if (toId !== '') {
        toId === fromId || members.get(toId)?.hear(fromId, texts);
        return;
      }
      for (const [id, member] of members) {
        if (id !== fromId) {
          member.hear(fromId, texts);
        }
      }
    },
  };
};
