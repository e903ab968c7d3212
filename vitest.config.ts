import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.js'

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/seed.ts', 'test/turnable-clock.ts'],
    // Node loads the built packages itself. Vite would transform each of their files, for each test file once more.
    server: { deps: { external: [/packages\/[^/]+\/dist\//] } },
    // Sockets, child processes and worker threads: what one test file leaves behind must not meet the next.
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // Most of their time is waiting, for servers, programs and pauses.
    maxWorkers: availableParallelism() + 2,
    // Bounds for what hangs, not for what is slow: a machine may be slow, and have much else to do.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
})
