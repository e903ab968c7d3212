import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.js'

/** Test files of core that need a process in which nothing was traced and nothing was warned of yet. */
const FRESH = 'first-trace|ignore-hook|key-risks|local-trace|notifier|refusal-warning|trace-gate|warn-once'
/** Test files that leave nothing behind, and share processes: one for each file would cost half a second of CPU. */
const TOGETHER = [`packages/core/test/**/!(${FRESH}).test.ts`, 'packages/{report,viewer}/test/**/*.test.ts']
/** All others. Not told by `exclude`, which would replace the patterns of the command line. */
const APART = [
  'test/**/*.test.ts',
  'packages/!(core|report|viewer)/test/**/*.test.ts',
  `packages/core/test/@(${FRESH}).test.ts`,
]

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
      { extends: true, test: { name: 'apart', include: APART } },
    ],
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
