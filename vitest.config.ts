import {defineConfig} from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // They run on hosts of their own, started by tests.
    exclude: ['**/node_modules/**', '**/*.bun.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    watch: false,
    passWithNoTests: false,
  },
});
