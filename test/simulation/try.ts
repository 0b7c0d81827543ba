import {createHistory, describeHistory} from './history.ts';
import {shrink} from './shrink.ts';
import {simulate} from './simulate.ts';

const seed = Number(process.argv[2]);
const short = await shrink(createHistory(seed), async (h) => (await simulate(h)).faults.length > 0);
console.log(describeHistory(short));
const {trace} = await simulate(short);
const lines = trace.map((l) => l.slice(0, 260)); console.log((lines.length > 70 ? [...lines.slice(0, 50), '…', ...lines.slice(-12)] : lines).join('\n'));
