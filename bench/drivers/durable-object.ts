// Measures a Durable Object in a real workerd, from outside.

import {startWorker} from '../../test/workerd/workerd.ts';
import type {BenchSteps} from './objects.ts';

export const measureDurableObject = async (folder: string, rowCount: number, editCount: number) => {
  const workerd = await startWorker<BenchSteps>(new URL('./objects.ts', import.meta.url), folder);
  const timeMs = async (work: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  await workerd.ask('measured', 'fill', rowCount);
  const saveMs = await timeMs(() => workerd.ask('measured', 'save'));
  const loadMs = await timeMs(() => workerd.ask('measured', 'load'));
  const withoutEditsMs = await timeMs(() => workerd.ask('measured', 'edit', 0));
  const startMs = performance.now();
  const counts = await workerd.ask('measured', 'edit', editCount);
  const editMs = (performance.now() - startMs - withoutEditsMs) / editCount;
  await workerd.stop();
  return {saveMs, loadMs, editMs, feedMs: undefined, ...counts};
};
