// When it is tried again, under a clock that somebody sets.

import {expect, test} from 'vitest';
import {createFakePorts} from '../base/ports.fake.ts';
import {createBackoff} from './backoff.ts';

test('[PR2] a clock that is set back puts no attempt off', () => {
  const ports = createFakePorts();
  let skewMs = 0;
  const backoff = createBackoff({...ports, now: () => ports.now() + skewMs}, () => undefined);
  backoff.plan();
  expect(ports.delays()).toEqual([100]);
  skewMs = -3_600_000;
  backoff.hold();
  expect(ports.delays()).toEqual([100]);
  backoff.reset();
  skewMs = 0;
  backoff.plan();
  skewMs = 60;
  backoff.hold();
  expect(ports.delays()).toEqual([40]);
});
