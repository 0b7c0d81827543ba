// The sockets of Durable Objects, as their server calls them. https://developers.cloudflare.com/durable-objects/api/state/

/** The part that is called of a socket that stays open while its object is out of the memory. */
export interface HibernatingWebSocket {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  serializeAttachment(attachment: unknown): void;
  deserializeAttachment(): unknown;
}
