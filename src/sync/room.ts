// The clients of one path: hands what one says to the others, and to the server's own store where there is one. Knows nothing of
// sockets and of what frames say.

import type {Id} from '../base/content.ts';

/** The server's own id among the clients of a path. */
export const SERVER_ID = 'S';

export interface Member {
  /** Told of a frame's text, and who said it. */
  hear(fromId: Id, text: string): void;
}

export interface Room {
  readonly members: Map<Id, Member>;
  /** Hands a text to one, or to all others where `toId` is empty. */
  route(fromId: Id, toId: Id, text: string): void;
}

export const createRoom = (): Room => {
  const members = new Map<Id, Member>();
  return {
    members,
    route: (fromId, toId, text) => {
      if (toId !== '') {
        members.get(toId)?.hear(fromId, text);
        return;
      }
      for (const [id, member] of members) {
        if (id !== fromId) {
          member.hear(fromId, text);
        }
      }
    },
  };
};
