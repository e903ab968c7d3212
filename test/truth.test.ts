import { describe, expect, it } from 'vitest'
import { runScript } from './print-of-script.js'

// CI sends 300 requests to each adapter. OSPROFILER_TEST_REQUESTS=10000 takes an hour.
const REQUEST_COUNT = Number(process.env.OSPROFILER_TEST_REQUESTS ?? 40)
const SEED = Number(process.env.OSPROFILER_TEST_SEED ?? 20_261_129)
const TIMEOUT_MS = 300_000 + 1_000 * REQUEST_COUNT

/**
 * Runs requests whose traces are known in advance. Returns the output, which is one line if all records were correct.
 */
function runTruth(adapter: string, options: readonly string[]): Promise<string> {
  const asked = ['--adapter', adapter, '--requests', String(REQUEST_COUNT), '--seed', String(SEED), ...options]
  return runScript('truth/run.js', asked)
}

describe.each([
  ['the defaults', []],
  ['every instrument enabled', ['--everything']],
])('with %s', (_settings, options) => {
  it.each(['express', 'koa', 'fastify'])(
    'the records from %s match the steps that really happened',
    { timeout: TIMEOUT_MS },
    async adapter => {
      const told = await runTruth(adapter, options)

      expect(told).toMatch(new RegExp(`^${adapter}, seed ${SEED}: ${REQUEST_COUNT} requests, \\d+ steps, 0 faults\n$`))
    },
  )
})
