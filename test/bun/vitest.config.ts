// The tests that run under Bun.
import {defineConfig} from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.bun.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    watch: false,
  },
});
