import {describe, expect, test} from 'vitest';
import {runScript, treeOf} from './scripts.ts';

// The titles below are put together, so that the script does not take them for tests of this repository's own.
const title = (...ids: readonly string[]) =>
  `test('${ids.map((id) => `[${id}]`).join('')} it holds', () => {});`;

describe('check-spec', () => {
  test('is content when rules and tests agree', () => {
    const {code, output} = runScript(
      'check-spec.mjs',
      treeOf({
        'SPEC.md':
          '# Rules\n\n- **DR1** It holds, as **DR9** would.\n- **DR2** So does this.\n| **DR3** | and this |\n',
        'src/driver/a.test.ts': title('DR1'),
        'test/contract/a.suite.ts': title('DR2', 'DR3'),
      }),
    );
    expect(output).toBe('3 rules, each with a test\n');
    expect(code).toBe(0);
  });

  test('finds a rule without a test, a test without a rule, and an id given twice', () => {
    const {code, output} = runScript(
      'check-spec.mjs',
      treeOf({
        'SPEC.md': '- **DR1** It holds.\n- **DR2** So does this.\n- **DR1** Again.\n',
        'src/driver/a.test.ts': `${title('DR1')}\n${title('DR3')}`,
      }),
    );
    expect(output).toContain('SPEC.md:2: DR2 has no test');
    expect(output).toContain('a.test.ts:2: [DR3] is no rule of SPEC.md');
    expect(output).toContain('SPEC.md:3: DR1 is given twice');
    expect(code).toBe(1);
  });

  test('finds that there is no specification', () => {
    const {code, output} = runScript('check-spec.mjs', treeOf({'src/driver/a.test.ts': ''}));
    expect(output).toContain('there is no rule in it');
    expect(code).toBe(1);
  });
});
