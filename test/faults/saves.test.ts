// Faults at every call of a save: what was acknowledged is there, what was not is pending, and nothing is half there.
import {describe, expect, test} from 'vitest';
import {type Fault, sqliteFaults} from '../../src/driver/faulty-driver.ts';
import {createStore} from '../../src/entry/store.ts';
import {exactText} from '../../src/testing/exact-text.ts';
import {databaseKinds} from '../contract/databases.ts';
import {layoutNames} from '../contract/storages.ts';
import {
  BEFORE,
  type Bench,
  changeMore,
  changeMuch,
  disturbEveryCall,
  FAULTS,
  type FaultyPersister,
  nameOf,
  openBefore,
  possibleFault,
  withBench,
} from './faulty-persister.ts';

const NOTHING = exactText([{}, {}]);
const textAfter = (...changes: ((store: ReturnType<typeof createStore>) => void)[]): string => {
  const store = createStore().setContent(BEFORE);
  for (const change of changes) {
    change(store);
  }
  return exactText(store.getContent());
};
const ALL_BEFORE = textAfter();
const ALL_AFTER = textAfter(changeMuch);
const ALL_LATER = textAfter(changeMuch, changeMore);

type Outcome = 'saved' | 'refused';
/** Saves with a fault ahead, and then takes it away. */
const saveWith = async (
  {persister, ports, faulty}: FaultyPersister,
  atCall: number,
  fault: Fault,
): Promise<Outcome> => {
  faulty.plan(atCall, possibleFault(faulty, fault));
  const outcome = await ports.until(
    persister.save().then(
      () => 'saved' as const,
      () => 'refused' as const,
    ),
  );
  faulty.clear();
  return outcome;
};

// What a save may have left, and what must come of it once nothing is in the way.
const expectKept = async (
  bench: Bench,
  faultyPersister: FaultyPersister,
  outcome: Outcome,
  [before, after]: readonly [string, string],
): Promise<void> => {
  const {persister, ports, store} = faultyPersister;
  const found = await bench.stored();
  if (outcome === 'saved') {
    expect(found).toBe(after);
    expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
    return;
  }
  expect([before, after]).toContain(found);
  const {state, pendingCount} = persister.getDurability();
  expect(state).toBe('failing');
  expect(pendingCount).toBeGreaterThan(0);
  await ports.until(persister.whenDurable());
  expect(persister.getDurability()).toEqual({state: 'durable', pendingCount: 0});
  expect(exactText(store.getContent())).toBe(after);
  expect(await bench.stored()).toBe(after);
};

for (const kind of databaseKinds) {
  for (const layoutName of layoutNames) {
    describe.skipIf(kind.skipReason !== undefined)(`faults in saves, ${layoutName} over ${kind.name}`, () => {
      const disturb = (
        title: string,
        body: (bench: Bench, atCall: number, fault: Fault) => Promise<FaultyPersister>,
      ) =>
        test(title, async () => {
          for (const fault of FAULTS) {
            const count = await disturbEveryCall(nameOf(fault), async (atCall) => {
              let hasStruck = false;
              await withBench(kind, layoutName, async (bench) => {
                const {faulty} = await body(bench, atCall, fault);
                hasStruck = faulty.hasStruck();
              });
              return {hasStruck};
            });
            expect(count).toBeGreaterThan(2);
          }
        });

      disturb(
        '[PR1] [PR3] a first save is stored, or pending, and never by half',
        async (bench, atCall, fault) => {
          const opened = await bench.open();
          opened.store.setContent(BEFORE);
          const outcome = await saveWith(opened, atCall, fault);
          await expectKept(bench, opened, outcome, [NOTHING, ALL_BEFORE]);
          return opened;
        },
      );

      disturb(
        '[PR1] [PR3] a save of changes is stored, or pending, and never by half',
        async (bench, atCall, fault) => {
          const opened = await openBefore(bench);
          changeMuch(opened.store);
          const outcome = await saveWith(opened, atCall, fault);
          await expectKept(bench, opened, outcome, [ALL_BEFORE, ALL_AFTER]);
          return opened;
        },
      );

      disturb('[PR2] what changes while a save fails is stored with it', async (bench, atCall, fault) => {
        const opened = await openBefore(bench);
        changeMuch(opened.store);
        const outcome = await saveWith(opened, atCall, fault);
        changeMore(opened.store);
        if (outcome === 'saved') {
          await opened.ports.until(opened.persister.save());
        } else {
          await opened.ports.until(opened.persister.whenDurable());
        }
        expect(exactText(opened.store.getContent())).toBe(ALL_LATER);
        expect(await bench.stored()).toBe(ALL_LATER);
        return opened;
      });

      disturb(
        '[PR2] what changes while a first save fails is stored with it',
        async (bench, atCall, fault) => {
          const opened = await bench.open();
          opened.store.setContent(BEFORE);
          changeMuch(opened.store);
          const outcome = await saveWith(opened, atCall, fault);
          changeMore(opened.store);
          if (outcome === 'saved') {
            await opened.ports.until(opened.persister.save());
          } else {
            await opened.ports.until(opened.persister.whenDurable());
          }
          expect(await bench.stored()).toBe(ALL_LATER);
          return opened;
        },
      );

      test('[PR1] [PR3] a process that ends at any call leaves all of a save, or nothing', async () => {
        for (const when of ['before', 'after'] as const) {
          await disturbEveryCall(`killed ${when}`, async (atCall) => {
            let hasStruck = false;
            await withBench(kind, layoutName, async (bench) => {
              const opened = await openBefore(bench);
              const {persister, faulty, store, ports} = opened;
              await ports.until(persister.startAutoSave());
              const died = new Promise<void>((resolve) => {
                const run = () => {
                  resolve();
                  throw new Error('killed');
                };
                faulty.plan(atCall, {kind: 'call', when, run}, Number.POSITIVE_INFINITY);
              });
              changeMuch(store);
              await ports.until(Promise.race([died, persister.whenDurable()]));
              hasStruck = faulty.hasStruck();
              await opened.kill();
              expect(hasStruck ? [ALL_BEFORE, ALL_AFTER] : [ALL_AFTER]).toContain(await bench.stored());
            });
            return {hasStruck};
          });
        }
      });

      test('[PR2] a place that stays full is tried again, less and less often, until there is room', async () => {
        await withBench(kind, layoutName, async (bench) => {
          const {persister, faulty, store, ports} = await openBefore(bench);
          await ports.until(persister.startAutoSave());
          faulty.plan(1, {kind: 'fail', when: 'before', error: sqliteFaults.full}, Number.POSITIVE_INFINITY);
          changeMuch(store);
          await ports.settle();
          const delays: number[] = [];
          for (let attempt = 0; attempt < 12; attempt++) {
            delays.push(ports.delays()[0] ?? 0);
            ports.fireNext();
            await ports.settle();
          }
          expect(delays).toEqual(delays.toSorted((one, other) => one - other));
          expect(delays.at(-1)).toBe(30_000);
          expect(ports.warnings.length).toBe(1);
          expect(await bench.stored()).toBe(ALL_BEFORE);
          faulty.clear();
          changeMore(store);
          await ports.until(persister.whenDurable());
          expect(await bench.stored()).toBe(ALL_LATER);
        });
      });
    });
  }
}
