// The turns of a database handle: whoever runs statements over it takes them here, one after another. Knows nothing of SQL.

import {createQueue, type Queue} from '../base/queue.ts';
import type {Driver} from './driver.ts';

const queues = new WeakMap<object, Queue>();

/** The queue that all who use the driver's handle share; one of its own for a driver that names no handle. */
export const queueOf = ({handle}: Driver): Queue => {
  if (handle === undefined) {
    return createQueue();
  }
  const queue = queues.get(handle) ?? createQueue();
  queues.set(handle, queue);
  return queue;
};
