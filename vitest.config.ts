import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    // Sockets, child processes and worker threads: what one test file leaves behind must not meet the next.
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
