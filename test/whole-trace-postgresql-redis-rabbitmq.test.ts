import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTraceId, type Driver, signedPack, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { buildReport, type Report, type ReportNode } from '@osprofiler/report'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis } from './servers/redis.js'
import { sharePostgresql, shareRabbitmq } from './servers/share.js'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-whole-trace-'))
const connectionString = `sqlite:///${join(folder, 'traces.db')}`
const servers: { stop(): Promise<void> }[] = []
const services: ChildProcess[] = []
let store: Driver
let front: string
let worker: string

beforeAll(async () => {
  const [postgresql, redis, rabbitmq] = await Promise.all([sharePostgresql(), startRedis(), shareRabbitmq()])
  servers.push(postgresql, redis, rabbitmq)
  const env = {
    ...process.env,
    OSPROFILER_HMAC_KEYS: 'o7Vt2kQ9xWc4LmZs8RbYpD1g',
    OSPROFILER_CONNECTION_STRING: connectionString,
    OSPROFILER_TRACE_SQL: 'statements',
    POSTGRESQL_URL: postgresql.url,
    REDIS_URL: redis.url,
    RABBITMQ_URL: rabbitmq.url,
  }
  const [shop, working] = await Promise.all([startService('shop', env), startService('worker', env)])
  worker = working
  front = await startService('front', { ...env, SHOP_URL: shop })
  store = openDriver(connectionString)
})

afterAll(async () => {
  await store.close()
  await Promise.all(services.map(stopService))
  await Promise.all(servers.map(server => server.stop()))
  rmSync(folder, { recursive: true, force: true })
})

describe('one trace through five systems', () => {
  it('places every point below the point that caused it', async () => {
    const baseId = await placeOrder('7')

    const report = await waitForReport(baseId, 7)

    expect(report.roots.map(outlineNode)).toEqual([WHOLE_TRACE])
    expect(report.points.flatMap(({ marks }) => marks)).toEqual([])
    expect(new Set(report.points.map(({ start }) => start?.base_id))).toEqual(new Set([baseId]))
  })

  it('has the same shape for each of many concurrent orders, and is not recorded for unsigned orders', async () => {
    const before = await readCounts()
    const known = await store.listTraces?.({ limit: 1_000 })
    const unsigned = Array.from({ length: 20 }, (_, index) => placeOrder(`quiet-${index}`, {}))
    const baseIds = await Promise.all(Array.from({ length: 20 }, (_, index) => placeOrder(`busy-${index}`)))
    await Promise.all(unsigned)

    const reports = await Promise.all(baseIds.map(baseId => waitForReport(baseId, 7)))

    for (const report of reports) expect(report.roots.map(outlineNode)).toEqual([WHOLE_TRACE])
    await expect.poll(readCounts).toEqual({ stored: before.stored + 40, counted: before.counted + 40 })
    expect(await store.listTraces?.({ limit: 1_000 })).toHaveLength((known?.length ?? 0) + 20)
  })

  it("continues at the worker's own HTTP endpoint", async () => {
    const baseId = createTraceId()
    await (await fetch(`${worker}/orders`, { headers: signHeaders(baseId) })).json()

    const report = await waitForReport(baseId, 3)

    expect(report.roots.map(outlineNode)).toEqual([
      ['worker wsgi', ['worker db SELECT count(*)::int AS stored FROM orders'], ['worker db GET ?']],
    ])
  })
})

/** The name of a point, followed by the outlines of the points nested in it. */
type Outline = [string, ...Outline[]]

const WHOLE_TRACE: Outline = [
  'front wsgi',
  [
    'front http',
    [
      'shop wsgi',
      [
        'shop rpc publish shop/orders.created',
        ['worker rpc consume orders', ['worker db INSERT INTO orders (id) VALUES ($1)'], ['worker db INCR ?']],
      ],
    ],
  ],
]

function outlineNode({ service, name, start, children }: ReportNode): Outline {
  const { function: called, db } = (start?.info ?? {}) as { function?: { name: string }; db?: { statement: string } }
  const words = [service, name, called?.name ?? db?.statement].filter(word => word !== undefined)
  return [words.join(' '), ...children.map(outlineNode)]
}

/** Places an order, by default in a new trace. */
async function placeOrder(id: string, headers?: Record<string, string>): Promise<string> {
  const baseId = createTraceId()
  const response = await fetch(`${front}/orders/${id}`, { method: 'POST', headers: headers ?? signHeaders(baseId) })
  expect(await response.json()).toEqual({ accepted: true })
  return baseId
}

function signHeaders(baseId: string): Record<string, string> {
  const [info, hmac] = signedPack({ base_id: baseId }, 'o7Vt2kQ9xWc4LmZs8RbYpD1g')
  return { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac }
}

async function readCounts(): Promise<{ stored: number; counted: number }> {
  return (await (await fetch(`${worker}/orders`)).json()) as { stored: number; counted: number }
}

/** Returns a trace's report once all of its points have stopped and are in the store. */
async function waitForReport(baseId: string, points: number): Promise<Report> {
  let records: TraceRecord[] = []
  const read = async (): Promise<number> => {
    records = []
    for await (const batch of store.readRecords?.(baseId) ?? []) records.push(...batch)
    return records.length
  }
  await expect.poll(read, { timeout: 20_000 }).toBe(2 * points)
  return buildReport(records)
}

/** Starts a service and resolves to its URL. */
async function startService(name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const file = fileURLToPath(new URL(`whole-trace/${name}.js`, import.meta.url))
  const service = fork(file, { env, execArgv: ['--disable-warning=ExperimentalWarning'] })
  services.push(service)
  const ended = once(service, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`)))
  ended.catch(() => {})
  const [{ url }] = await Promise.race([once(service, 'message'), ended])
  return url
}

async function stopService(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null) return
  const ended = once(service, 'exit')
  if (service.connected) service.disconnect()
  await ended
}
