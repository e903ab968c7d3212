import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startRedis } from '../../test/servers/dist/redis.js'
import { medianInterval } from '../statistics.js'
import { printTable, showInterval, verdict } from '../table.js'

const RUNS_PER_ROUND = 10
const AIM_MS = 300
const COMMAND = fileURLToPath(new URL('../../packages/cli/dist/osprofiler.js', import.meta.url))
const SERVICE = fileURLToPath(new URL('service.js', import.meta.url))
/** Names that the tree must show: each service, and the first and the last step of the called service. */
const EXPECTED = ['gateway', 'orders', 'step-1', 'step-5']

/**
 * Measures the time from the end of an HTTP response until the command has printed the trace as a tree. `osprofiler
 * run` sends a request to a gateway, which calls a service. The gateway reports when its response ended. If a tree
 * lacks a point, the run is aborted.
 */
export async function runArrival({ generations = 2, rounds = 3, only }, command = COMMAND) {
  const rows = []
  for (const [name, open] of STORES) {
    if (only !== undefined && !only.includes(name)) continue
    const times = []
    for (let generation = 0; generation < generations; generation++) {
      const store = await open()
      try {
        times.push(...(await measure(store.url, rounds * RUNS_PER_ROUND, command)))
      } finally {
        await store.stop()
      }
    }
    const interval = medianInterval(times)
    rows.push([name, showInterval(interval, 0), Math.max(...times).toFixed(0), verdict(interval.median, AIM_MS)])
  }
  printTable(
    'From the end of the response to the drawn tree, elapsed ms',
    ['store', 'median', 'longest', `median at most ${AIM_MS}`],
    rows,
  )
}

const STORES = new Map([
  ['sqlite', openSqlite],
  ['redis', openRedis],
])

async function openSqlite() {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-arrival-'))
  return {
    url: `sqlite:///${join(directory, 'traces.db')}`,
    stop: async () => rmSync(directory, { recursive: true, force: true }),
  }
}

async function openRedis() {
  const server = await startRedis({ settings: { appendonly: 'no' } })
  return { url: server.url, stop: () => server.stop() }
}

async function measure(store, count, command) {
  const orders = await startService('orders', store)
  const gateway = await startService('gateway', store, orders.url)
  const times = []
  try {
    // The first request opens the store, and is not measured.
    for (let run = 0; run <= count; run++) {
      const answered = gateway.next()
      const drawnAt = await drawTree(command, gateway.url, store)
      const { answeredAt } = await answered
      if (run > 0) times.push(drawnAt - answeredAt)
    }
  } finally {
    await gateway.stop()
    await orders.stop()
  }
  return times
}

async function startService(...args) {
  const child = spawn(process.execPath, [SERVICE, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value)
  const { url } = await next()
  return {
    url,
    next,
    async stop() {
      const exited = once(child, 'exit')
      child.stdin.end()
      await exited
    },
  }
}

/**
 * Returns the time at which the last byte of the tree was received, in milliseconds since 1970. Times in this form can
 * be compared between processes.
 */
async function drawTree(command, url, store) {
  const env = { PATH: process.env.PATH, OSPROFILER_HMAC_KEYS: 'SECRET_KEY', OSPROFILER_CONNECTION_STRING: store }
  const child = spawn(process.execPath, [command, 'run', url], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let tree = ''
  let remarks = ''
  let drawnAt = 0
  child.stdout.setEncoding('utf8').on('data', text => {
    tree += text
    drawnAt = performance.timeOrigin + performance.now()
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    remarks += text
  })
  const [code] = await once(child, 'close')
  const absent = EXPECTED.filter(name => !tree.includes(name))
  if (code !== 0 || absent.length > 0) throw new Error(`The tree lacks ${absent.join(', ')}: ${tree}${remarks}`)
  return drawnAt
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runArrival({ generations: 1, rounds: 2 }, process.argv[2])
