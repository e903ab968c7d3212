// node test/truth/run.js --adapter express --requests 300 [--seed 1] [--at-once 20] [--everything]
// Plans requests, so that their traces are known in advance. Sends these requests, and prints where the records differ
// from the plan.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { setNotifier } from '@osprofiler/core'
import { INSTRUMENT_NAMES } from '@osprofiler/instruments'
import { setup } from '@osprofiler/node'
import fc from 'fast-check'

const { values } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'express' },
    requests: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '20' },
    /** Also records framework layers and SQL statements, which are not recorded by default. */
    everything: { type: 'boolean', default: false },
  },
})
const KEY = 'truth'
const MAX_SHOWN_FAULTS = 20
const RECORDS_TIMEOUT_MS = 20_000
const PAUSE_MS = 500

const records = new Map()
setup({
  hmacKeys: KEY,
  notifier(record) {
    if (!records.has(record.base_id)) records.set(record.base_id, [])
    records.get(record.base_id).push(record)
  },
  // `localhost` is not listed, so calls to `localhost` get no trace headers.
  propagateTo: ['127.0.0.1'],
  ...(values.everything
    ? { traceSql: 'statements', instruments: [...INSTRUMENT_NAMES, 'express', 'koa', 'fastify'] }
    : {}),
})

// These modules load the libraries, so they must be imported after the instruments are set up.
const { ADAPTERS } = await import('./adapters.js')
const { comparePoints, readPoints } = await import('./compare.js')
const { compareSkewed } = await import('./skew.js')
const { makePlan } = await import('./plan.js')
const { handle, sendRequest } = await import('./requests.js')
const { listen, openWorld } = await import('./world.js')

const world = await openWorld({ recordsSql: values.everything, hmacKey: KEY })
const server = await ADAPTERS[values.adapter](KEY, (req, res) => {
  // An Express router removes its mount path from the URL.
  const url = req.originalUrl ?? req.url
  const served = world.requests.get(url)
  world.requests.delete(url)
  return handle(req, res, served, world)
})
const port = await listen(server)

let numbered = 0
const numbers = () => ++numbered
const total = Number(values.requests)
const seed = Number(values.seed)
let begun = 0
const requests = []

async function work() {
  while (begun < total) {
    const number = begun++
    let plan
    fc.assert(
      fc.property(fc.gen(), generate => {
        plan = makePlan(generate, numbers)
      }),
      { numRuns: 1, seed: seed + number },
    )
    requests.push(await sendRequest(port, plan, world, KEY))
  }
}

/**
 * Returns the faults in all requests. Waits and checks again if there are faults, because an aborted call may still
 * arrive, and because a stop is recorded slightly after its step.
 */
async function check() {
  const known = new Set(requests.map(({ baseId }) => baseId))
  const strangers = [...records.keys()].filter(baseId => !known.has(baseId))
  let faults = []
  for (let waited = 0; waited < RECORDS_TIMEOUT_MS; waited += PAUSE_MS) {
    await sleep(PAUSE_MS)
    faults = requests.flatMap(request => {
      const all = records.get(request.baseId) ?? []
      const found = comparePoints(request, readPoints(all))
      if (found.length === 0) found.push(...compareSkewed(request, all))
      return found.length === 0 ? [] : [...found, JSON.stringify(request.plan)]
    })
    if (faults.length === 0) break
  }
  return [...faults, ...strangers.map(baseId => `the trace ${baseId} belongs to no request`), ...world.faults]
}

await Promise.all(Array.from({ length: Number(values['at-once']) }, work))
const faults = await check()
for (const fault of faults.slice(0, MAX_SHOWN_FAULTS)) console.log(fault)
console.log(`${values.adapter}, seed ${seed}: ${total} requests, ${numbered} steps, ${faults.length} faults`)
setNotifier(undefined)
server.close()
server.closeAllConnections()
await world.close()
process.exit(faults.length > 0 ? 1 : 0)
