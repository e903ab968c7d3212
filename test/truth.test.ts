import { describe, expect, it } from 'vitest'
import { printOfScript } from './print-of-script.js'

// CI sends 300 to each adapter. OSPROFILER_TEST_REQUESTS=10000 sends so many, which takes an hour.
const REQUESTS = Number(process.env.OSPROFILER_TEST_REQUESTS ?? 40)
const SEED = Number(process.env.OSPROFILER_TEST_SEED ?? 20_261_129)
const TIMEOUT = 300_000 + 1_000 * REQUESTS

/** What a process told of requests whose traces are known by construction: one line where all was recorded as it was. */
function tellTruth(adapter: string, options: readonly string[]): Promise<string> {
  const asked = ['--adapter', adapter, '--requests', String(REQUESTS), '--seed', String(SEED), ...options]
  return printOfScript('truth/run.js', asked)
}

describe.each([
  ['the defaults', []],
  ['every instrument on', ['--everything']],
])('with %s', (_settings, options) => {
  it.each(['express', 'koa', 'fastify'])('the records of %s say what happened', { timeout: TIMEOUT }, async adapter => {
    const told = await tellTruth(adapter, options)

    expect(told).toMatch(new RegExp(`^${adapter}, seed ${SEED}: ${REQUESTS} requests, \\d+ steps, 0 faults\n$`))
  })
})
