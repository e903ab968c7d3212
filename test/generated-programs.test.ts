import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

// OSPROFILER_TEST_RUNS=1000000 tries for an hour rather than for half a minute.
const RUNS = Number(process.env.OSPROFILER_TEST_RUNS ?? 10_000)
const SEED = Number(process.env.OSPROFILER_TEST_SEED ?? 20_261_122)
const FAMILIES = ['functions', 'promises', 'generators', 'classes', 'streams']
/** Programs that one process executes: what they leave behind, promises that never settle, goes with the process. */
const CHUNK = 20_000
const TIMEOUT = 120_000 + 50 * RUNS

const runFile = promisify(execFile)

/** What a process told of programs that it executed: one line where traced and untraced ones were alike. */
async function tryPrograms(family: string, programs: number, seed: number): Promise<string> {
  const script = join(import.meta.dirname, 'generated/run.js')
  const options = ['--families', family, '--programs', String(programs), '--seed', String(seed)]
  try {
    return (await runFile(process.execPath, [script, ...options], { maxBuffer: Number.POSITIVE_INFINITY })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return `${stdout}${stderr}`
  }
}

describe('a generated program', () => {
  it.concurrent.each(FAMILIES)('about %s sees no difference when it is traced', { timeout: TIMEOUT }, async family => {
    const share = Math.ceil(RUNS / FAMILIES.length)
    for (let begun = 0; begun < share; begun += CHUNK) {
      const programs = Math.min(CHUNK, share - begun)

      const told = await tryPrograms(family, programs, SEED + begun)

      expect(told).toMatch(new RegExp(`^seed ${SEED + begun}: ${programs} programs, [\\d.]+ ms of CPU time each\n$`))
    }
  })
})
