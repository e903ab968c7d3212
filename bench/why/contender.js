// A server that can record an account of one request while it serves others. An account shows why a request is slow.
// Each of the server's handlers awaits a hundred times.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { configure, createNotifier, run, setNotifier } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { answer } from '../answer.js'

const AWAIT_COUNT = 100
const BYTES_PER_MB = 1024 * 1024

// The benchmark measures the pause at the start of an account, so no pause may be refused as too long.
configure({ why: { level: 'cpu', maxPauseMs: Number.MAX_SAFE_INTEGER } })
let account
const notifier = createNotifier({
  name: 'last-account',
  write: async records => {
    account = records.findLast(({ name }) => name === 'why-start')?.info.why ?? account
  },
  close: async () => {},
})
setNotifier(notifier)
const tracer = createRequestTracer('SECRET_KEY', { maxTracesPerSecond: 1e9 })

async function awaitOften() {
  for (let i = 0; i < AWAIT_COUNT; i++) await i
}

/** Runs a trace with an account of the given level, or without one. */
function trace(why, fn) {
  // Removes the limit that allows an account of the level `cpu` only once in ten seconds.
  const { values } = globalThis[Symbol.for('osprofiler.core')]
  values.get('why').lastCpuAt = Number.NEGATIVE_INFINITY
  return run({ hmacKey: 'SECRET_KEY', why }, fn)
}

async function takeAccount() {
  await notifier.flush(30_000)
  const taken = account
  account = undefined
  if (taken?.refused !== undefined || taken?.cut) throw new Error(`The account is incomplete: ${JSON.stringify(taken)}`)
  return taken
}

const held = []
/** Fills the heap with small objects, as programs do. */
function fillHeap(megabytes) {
  while (process.memoryUsage().heapUsed < megabytes * BYTES_PER_MB) {
    held.push(Array.from({ length: 2_000 }, (_, at) => ({ at, name: `item ${at}`, tags: [at] })))
  }
  return process.memoryUsage().heapUsed / BYTES_PER_MB
}

const server = createServer((req, res) =>
  tracer.serve(req, res, async () => {
    await awaitOften()
    res.end('{"items":["chair","table"]}')
  }),
)
server.keepAliveTimeout = 0
await once(server.listen(0, '127.0.0.1'), 'listening')

let release
await answer(async ({ heap, pause, open, close, requests, why }) => {
  if (heap !== undefined) return { megabytes: fillHeap(heap) }
  if (pause !== undefined) {
    const before = process.cpuUsage()
    const traced = trace(pause, () => sleep(20))
    const { user, system } = process.cpuUsage(before)
    await traced
    const { level, costs } = await takeAccount()
    return { level, ms: costs.startMs, cpuMs: (user + system) / 1_000 }
  }
  if (open) {
    void trace(why, () => new Promise(resolve => (release = resolve)))
    return {}
  }
  if (close) {
    release()
    await new Promise(resolve => setImmediate(resolve))
    return { level: (await takeAccount())?.level }
  }
  if (requests !== undefined) {
    const before = process.cpuUsage()
    for (let count = 0; count < requests; count++) {
      await trace(why, awaitOften)
      await takeAccount()
    }
    const { user, system } = process.cpuUsage(before)
    return { us: (user + system) / requests }
  }
  return { port: server.address().port }
})
