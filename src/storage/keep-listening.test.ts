import {expect, test} from 'vitest';
import {createFakePorts} from '../base/ports.fake.ts';
import {keepListening} from './keep-listening.ts';

const setUp = () => {
  const ports = createFakePorts();
  const log: string[] = [];
  let lose: () => void = () => undefined;
  let isRefused = false;
  const listen = async (onLost: () => void) => {
    if (isRefused) {
      log.push('refused');
      throw new Error('no');
    }
    log.push('listens');
    lose = onLost;
    return async () => {
      log.push('stopped');
    };
  };
  return {
    ports,
    log,
    lose: () => lose(),
    refuse: (refused: boolean) => {
      isRefused = refused;
    },
    start: () => keepListening(listen, () => log.push('catches up'), ports),
  };
};

test('[PG3] what was lost is made anew, later after each failure, and followed by a look at what was missed', async () => {
  const {ports, log, lose, refuse, start} = setUp();
  const stop = await start();
  expect([log, ports.delays()]).toEqual([['listens'], []]);
  refuse(true);
  lose();
  lose();
  let lastDelay = 0;
  for (let count = 1; count <= 3; count++) {
    const [delay = 0, ...others] = ports.delays();
    expect([delay > lastDelay / 2, others]).toEqual([true, []]);
    lastDelay = delay;
    ports.fireNext();
    await ports.settle();
  }
  expect(log).toEqual(['listens', 'refused', 'refused', 'refused']);
  refuse(false);
  ports.fireNext();
  await ports.settle();
  expect(log.slice(4)).toEqual(['listens', 'catches up']);
  await stop();
  expect([log.slice(6), ports.delays()]).toEqual([['stopped'], []]);
});

test('[PG3] who stops while nobody listens leaves no attempt behind', async () => {
  const {ports, log, refuse, start} = setUp();
  refuse(true);
  const stop = await start();
  expect(ports.delays().length).toBe(1);
  await stop();
  expect([log, ports.delays()]).toEqual([['refused'], []]);
});
