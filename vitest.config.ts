import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    // Sockets, child processes and worker threads: what one test file leaves behind must not meet the next.
    pool: 'forks',
    // Much of their time is waiting, for servers, programs and pauses: more than Vitest's default of one on two processors.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
