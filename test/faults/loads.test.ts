// Faults at every call of a load: what is stored stays stored, and is loaded as soon as nothing is in the way.
import {describe, expect, test} from 'vitest';
import {exactText} from '../../src/testing/exact-text.ts';
import {databaseKinds} from '../contract/databases.ts';
import {layoutNames} from '../contract/storages.ts';
import {
  BEFORE,
  type Bench,
  disturbEveryCall,
  FAULTS,
  type FaultyPersister,
  nameOf,
  storeBefore,
  withBench,
} from './faulty-persister.ts';

const ALL_BEFORE = exactText(BEFORE);

for (const kind of databaseKinds) {
  for (const layoutName of layoutNames) {
    describe.skipIf(kind.skipReason !== undefined)(`faults in loads, ${layoutName} over ${kind.name}`, () => {
      // A read has no effect that could be told to have failed.
      const faults = FAULTS.filter((fault) => fault.kind === 'fail' && fault.when === 'before');
      const disturb = (
        title: string,
        body: (bench: Bench, plan: (opened: FaultyPersister) => void) => Promise<FaultyPersister>,
      ) =>
        test(title, async () => {
          for (const fault of faults) {
            await disturbEveryCall(nameOf(fault), async (atCall) => {
              let hasStruck = false;
              await withBench(kind, layoutName, async (bench) => {
                const {faulty} = await body(bench, (opened) => opened.faulty.plan(atCall, fault));
                hasStruck = faulty.hasStruck();
              });
              return {hasStruck};
            });
          }
        });

      disturb('[PR1] [PE4] a load that failed erases nothing by the save after it', async (bench, plan) => {
        await storeBefore(bench);
        const opened = await bench.open();
        const {persister, store, faulty, ports} = opened;
        plan(opened);
        const isLoaded = await ports.until(
          persister.load().then(
            () => true,
            () => false,
          ),
        );
        expect(exactText(store.getContent())).toBe(isLoaded ? ALL_BEFORE : exactText([{}, {}]));
        faulty.clear();
        store.setCell('pets', 'fido', 'sold', true).setValue('since', 1999);
        await ports.until(persister.save());
        const [tables, values] = BEFORE;
        const expected = exactText([
          {...tables, pets: {...tables.pets, fido: {...tables.pets?.fido, sold: true}}},
          {...values, since: 1999},
        ]);
        expect(await bench.stored()).toBe(expected);
        expect(exactText(store.getContent())).toBe(expected);
        return opened;
      });

      disturb('[PE3] [PE4] initial content in place of a load goes over nothing', async (bench, plan) => {
        await storeBefore(bench);
        const opened = await bench.open();
        const {persister, store, faulty, ports} = opened;
        const initial: [object, object] = [{pets: {fido: {species: 'unknown'}}}, {open: false}];
        plan(opened);
        const start = () => persister.startAutoPersisting(initial as typeof BEFORE);
        await ports.until(start().catch(() => undefined));
        faulty.clear();
        if (!persister.isAutoSaving()) {
          await ports.until(start());
        }
        await ports.until(persister.whenDurable());
        await ports.until(persister.schedule());
        expect(await bench.stored()).toBe(ALL_BEFORE);
        expect(exactText(store.getContent())).toBe(ALL_BEFORE);
        return opened;
      });

      disturb(
        '[PR2] a change made by others that could not be loaded is loaded later',
        async (bench, plan) => {
          const writer = await storeBefore(bench);
          const opened = await bench.open();
          const {persister, store, faulty, ports} = opened;
          await ports.until(persister.startAutoPersisting());
          writer.store.setCell('pets', 'fido', 'sold', true).delRow('pets', 'felix').setValue('since', 1999);
          await writer.ports.until(writer.persister.save());
          const isLoaded = () => exactText(store.getContent()) === exactText(writer.store.getContent());
          plan(opened);
          await ports.untilTrue(() => isLoaded() || faulty.hasStruck());
          const hasStruck = faulty.hasStruck();
          faulty.clear();
          await ports.untilTrue(isLoaded);
          return {...opened, faulty: {...faulty, hasStruck: () => hasStruck}};
        },
      );
    });
  }
}
