// Checks that the rules of SPEC.md (`**DR2** …`) and the titles of the tests (`[DR2] …`) agree both ways.
// `node scripts/check-spec.mjs [root]`. Prints every finding; exits 1 when there is one.
import {existsSync, globSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {ROOT} from './run.mjs';

const RULE = /\*\*([A-Z]{1,4}\d+[a-z]?)\*\*/g;
const TITLE = /['"`]((?:\[[A-Z]{1,4}\d+[a-z]?\]\s*)+)/g;
const ID = /[A-Z]{1,4}\d+[a-z]?/g;

const root = process.argv[2] ?? ROOT;
const findings = [];

const rules = new Map();
readIfThere(join(root, 'SPEC.md'))
  .split('\n')
  .forEach((line, index) => {
    // A rule opens its line (after a list mark); an id elsewhere in bold is a mention.
    const [match] = line.replace(/^\s*(?:[-*]|\d+\.|\|)?\s*/, '').matchAll(RULE);
    if (match?.index === 0) {
      if (rules.has(match[1])) {
        findings.push(
          `SPEC.md:${index + 1}: ${match[1]} is given twice (first in line ${rules.get(match[1])})`,
        );
      } else {
        rules.set(match[1], index + 1);
      }
    }
  });

const tested = new Set();
for (const path of globSync(['{src,test}/**/*.{test,suite}.{ts,mjs}'], {cwd: root}).sort()) {
  if (path.includes('node_modules') || path.startsWith(join('test', 'scripts'))) {
    continue;
  }
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .forEach((line, index) => {
      for (const [, ids] of line.matchAll(TITLE)) {
        for (const [id] of ids.matchAll(ID)) {
          tested.add(id);
          if (!rules.has(id)) {
            findings.push(`${path}:${index + 1}: [${id}] is no rule of SPEC.md`);
          }
        }
      }
    });
}
for (const [id, line] of rules) {
  if (!tested.has(id)) {
    findings.push(`SPEC.md:${line}: ${id} has no test`);
  }
}
if (rules.size === 0) {
  findings.push('SPEC.md: there is no rule in it');
}

console.log(findings.join('\n') || `${rules.size} rules, each with a test`);
process.exitCode = findings.length === 0 ? 0 : 1;

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
