// The functions that an application hands to every persister, with TinyBase's signatures, so that whatever was written for
// those is taken here.

/** Told of every fault that would otherwise reject. */
// biome-ignore lint/suspicious/noExplicitAny: a handler of a narrower type is taken, too, as TinyBase takes it.
export type IgnoredErrorHandler = (error: any) => void;

/** Told of every SQL command, and its parameters, before it is sent. */
// biome-ignore lint/suspicious/noExplicitAny: a handler of a narrower type is taken, too, as TinyBase takes it.
export type SqlCommandHandler = (sql: string, params?: any[]) => void;
