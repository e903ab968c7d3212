import { setTimeout as sleep } from 'node:timers/promises'
import { startNode } from '../child.js'
import { readCpuTime } from '../servers/cpu-time.js'
import { openLoad } from '../servers/load.js'
import { createPlainRequests, createSignedRequests } from '../servers/requests.js'
import { summarise } from '../statistics.js'
import { printTable, show } from '../table.js'

const AWAIT_COUNT = 1_000_000
const REQUEST_COUNT = 5_000
/**
 * How long to wait after the last trace, so that OSProfiler has turned its async context off. OSProfiler does so a
 * little sooner: see `packages/core/src/points/context.ts`.
 */
const REST_DURATION_MS = 11_000

/**
 * Measures how much a first trace slows the untraced requests after it. All phases run one after another in one
 * process, because a process cannot return to the state before its first trace.
 */
export async function runContext({ generations, rounds }) {
  const phases = new Map()
  for (let generation = 0; generation < generations; generation++) await measureProcess(rounds, phases)
  const before = phases.get('before the first trace')
  printTable(
    `What a first trace costs untraced requests, on Node ${process.versions.node}`,
    ['', 'ns per await', 'us of CPU per request with 100 awaits', 'ratio to before'],
    [...phases].map(([phase, { awaits, requests }]) => [
      phase,
      show(summarise(awaits), 0),
      show(summarise(requests), 1),
      (summarise(requests).median / summarise(before.requests).median).toFixed(2),
    ]),
  )
}

async function measureProcess(rounds, phases) {
  const child = startNode('context/contender.js')
  const load = await openLoad((await child.ask({})).port)
  const trace = () => load.send(createSignedRequests(1, 'SECRET_KEY'))
  const plain = createPlainRequests(REQUEST_COUNT)

  async function measure(phase, keep) {
    if (!phases.has(phase)) phases.set(phase, { awaits: [], requests: [] })
    const { awaits, requests } = phases.get(phase)
    for (let round = 0; round < rounds; round++) {
      await keep()
      awaits.push((await child.ask({ awaits: AWAIT_COUNT })).ns)
      const before = readCpuTime(child.pid)
      await load.send(plain)
      requests.push((readCpuTime(child.pid) - before) / REQUEST_COUNT)
    }
  }

  for (let i = 0; i < 3; i++) await load.send(plain)
  await child.ask({ awaits: AWAIT_COUNT })
  await measure('before the first trace', () => {})
  // Each round sends another traced request, so that the context stays on during the measurement.
  await measure('after a trace', trace)
  await sleep(REST_DURATION_MS)
  await measure('after 10 s without a trace', () => {})
  load.close()
  await child.stop()
}
