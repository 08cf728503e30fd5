import { defineConfig } from 'vitest/config'

/** `npm run soak`: minutes instead of seconds, so not in `npm test`. */
export default defineConfig({
  test: {
    include: ['tests/soak/**/*.soak.test.ts'],
    fileParallelism: false,
    globalSetup: ['tests/support/services.setup.ts'],
    testTimeout: 30 * 60_000,
    hookTimeout: 5 * 60_000,
    pool: 'forks',
    // the figures are what a soak is for
    disableConsoleIntercept: true,
  },
})
