import {createHistory, describeHistory} from './history.ts';
import {simulate} from './simulate.ts';

const [from, count] = process.argv.slice(2).map(Number) as [number, number];
const start = performance.now();
let failed = 0;
for (let seed = from; seed < from + count; seed++) {
  const history = createHistory(seed);
  const {faults, trace} = await simulate(history);
  if (faults.length) {
    failed++;
    if (failed <= 3)
      console.log(
        describeHistory(history),
        '\n',
        count === 1 ? trace.join('\n') : '',
        '\n',
        faults
          .slice(0, 6)
          .map((f) => f.slice(0, 600))
          .join('\n'),
      );
    else console.log(seed, history.mode, faults[0]?.slice(0, 100));
  }
}
console.log(failed, 'failed of', count, Math.round(performance.now() - start), 'ms');
