import { describe, expect, it } from 'vitest'
import { runScript } from './print-of-script.js'

// CI tries 10,000 programs. OSPROFILER_TEST_RUNS=1000000 takes an hour.
const RUN_COUNT = Number(process.env.OSPROFILER_TEST_RUNS ?? 3_000)
const SEED = Number(process.env.OSPROFILER_TEST_SEED ?? 20_261_122)
const FAMILIES = ['functions', 'promises', 'generators', 'classes', 'streams']
/** How many programs one process runs. Promises that never settle stay in memory until the process ends. */
const CHUNK_PROGRAMS = 20_000
const TIMEOUT_MS = 120_000 + 50 * RUN_COUNT

/**
 * Runs generated programs in a new process. Returns its output, which is one line if traced and untraced programs
 * behaved the same.
 */
function tryPrograms(family: string, programs: number, seed: number): Promise<string> {
  const options = ['--families', family, '--programs', String(programs), '--seed', String(seed)]
  return runScript('generated/run.js', options)
}

describe('a generated program', () => {
  it.concurrent.each(FAMILIES)('that uses %s behaves the same when traced', { timeout: TIMEOUT_MS }, async family => {
    const share = Math.ceil(RUN_COUNT / FAMILIES.length)
    for (let begun = 0; begun < share; begun += CHUNK_PROGRAMS) {
      const programs = Math.min(CHUNK_PROGRAMS, share - begun)

      const told = await tryPrograms(family, programs, SEED + begun)

      expect(told).toMatch(new RegExp(`^seed ${SEED + begun}: ${programs} programs, [\\d.]+ ms of CPU time each\n$`))
    }
  })
})
