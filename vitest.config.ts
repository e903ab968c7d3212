import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.js'

/** Test files of core that need a new process, in which nothing was traced, warned about or started before. */
const FRESH =
  'first-trace|ignore-hook|key-risks|local-trace|notifier|refusal-warning|source-map-worker|trace-gate|warn-once'
/**
 * Test files that leave nothing behind, so they share processes. A process for each file would cost half a second of
 * CPU time.
 */
const TOGETHER = [`packages/core/test/**/!(${FRESH}).test.ts`, 'packages/{report,viewer}/test/**/*.test.ts']
/** All other test files. `exclude` is not used, because it would replace the patterns from the command line. */
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
    // With this setting, Node loads the built packages itself. Without it, Vite would transform each of their files
    // again for every test file.
    server: { deps: { external: [/packages\/[^/]+\/dist\//] } },
    // Each test file runs in its own process, because a file may leave sockets, child processes and worker threads
    // behind.
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // Test files spend most of their time waiting for servers, programs and pauses.
    maxWorkers: availableParallelism() + 2,
    // These limits are for tests that hang, not for slow tests, because the machine may be slow or busy.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
})
