// Whether who asks has the token: in the header `Authorization: Bearer …`, or as `?token=…` of the URL, since a browser's WebSocket sends no
// headers of its own.

import {createHash, timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';

export const createTokenGate = (token: string | undefined): ((request: IncomingMessage) => boolean) => {
  if (token === undefined) {
    return () => true;
  }
  const wanted = digest(token);
  // Digests are of one length: how long it takes says nothing of the token.
  return (request) => timingSafeEqual(digest(tokenOf(request)), wanted);
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const tokenOf = ({url = '', headers}: IncomingMessage): string => {
  const [, bearer] = /^Bearer +(.+)$/i.exec(headers.authorization ?? '') ?? [];
  const query = url.slice(url.indexOf('?') + 1);
  return bearer ?? (url.includes('?') ? new URLSearchParams(query).get('token') : undefined) ?? '';
};
