// Unpacks the browser that @sparticuz/chromium carries into node_modules/.unpacked. The package asks the environment
// where to, and for which system.

import {mkdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const folder = fileURLToPath(new URL('./node_modules/.unpacked', import.meta.url));
mkdirSync(folder, {recursive: true});
process.env.TMPDIR = folder;
process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x';
const {default: chromium} = await import('@sparticuz/chromium');
console.log(await chromium.executablePath());
