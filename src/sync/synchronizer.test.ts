// The protocol without a network: two synchronizers, whose messages a test looks at, and loses.

import {describe, expect, onTestFinished, test} from 'vitest';
import {createFakePorts} from '../base/ports.fake.ts';
import {createMergeableStore} from '../store/create-mergeable-store.ts';
import type {MergeableStore} from '../store/mergeable-store.ts';
import {Message, type Receive} from './messages.ts';
import {createSynchronizer} from './synchronizer.ts';

const createNetwork = () => {
  const ports = createFakePorts();
  const members = new Map<string, Receive>();
  const sent: Message[] = [];
  const network = {
    ports,
    sent,
    /** Which messages get lost. */
    isLost: (_from: string, _message: Message): boolean => false,
    join: (id: string, store: MergeableStore) => {
      const synchronizer = createSynchronizer(
        store,
        {
          send: (to, requestId, message, body) => {
            sent.push(message);
            for (const [memberId, receive] of members) {
              if (memberId !== id && (to === null || to === memberId) && !network.isLost(id, message)) {
                queueMicrotask(() => receive(id, requestId, message, structuredClone(body)));
              }
            }
          },
          registerReceive: (receive) => members.set(id, receive),
          destroy: () => members.delete(id),
          requestTimeoutSeconds: 1,
          ports,
        },
        {},
      );
      onTestFinished(async () => {
        await synchronizer.destroy();
      });
      return synchronizer;
    },
  };
  return network;
};

const areEqual = (...stores: readonly MergeableStore[]): boolean =>
  new Set(stores.map((store) => JSON.stringify(store.getMergeableContentHashes()))).size === 1;

describe('a synchronizer', () => {
  test.each([Message.GetTableDiff, Message.GetRowDiff, Message.GetCellDiff, Message.GetValueDiff])(
    '[SY18] asks again where message %i was not answered, and then is quiet',
    async (lost) => {
      const network = createNetwork();
      const {ports, sent} = network;
      const [one, other] = [createMergeableStore('one'), createMergeableStore('other')];
      one.setTables({t: {r: {a: 1}}, u: {r: {a: 1}}});
      other.merge(one);
      await ports.until(network.join('one', one).startSync());
      one.setTables({t: {r: {a: 2, b: 3}, s: {a: 4}}, u: {r: {a: 1}}, w: {r: {a: 1}}}).setValue('v', 5);
      network.isLost = (_from, message) => message === lost;
      await ports.until(network.join('other', other).startSync());
      expect(areEqual(one, other)).toBe(false);
      network.isLost = () => false;
      await ports.untilTrue(() => areEqual(one, other));
      while (ports.fireNext()) {
        await ports.settle();
      }
      expect(sent.length).toBeLessThan(50);
    },
  );

  test('[SY18] that has more than it was told of says so, without another edit', async () => {
    const network = createNetwork();
    const {ports} = network;
    const [one, other] = [createMergeableStore('one'), createMergeableStore('other')];
    one.setCell('t', 'r', 'a', 1).setValue('v', 2);
    await ports.until(network.join('one', one).startSync());
    // Nobody hears that it asks, and it tells that it has nothing.
    network.isLost = (from, message) => from === 'other' && message === Message.GetContentHashes;
    await ports.until(network.join('other', other).startSync());
    await ports.untilTrue(() => areEqual(one, other));
    expect(other.getContent()).toEqual([{t: {r: {a: 1}}}, {v: 2}]);
  });
});
