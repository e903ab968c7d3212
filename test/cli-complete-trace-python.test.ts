import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Driver, TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeDirectory, type Outcome, osprofiler } from './cli-process.js'
import { storeRecords } from './cli-records.js'
import { startWsgiApp } from './python/wsgi-app.js'

const KEY = 'a key that nobody may see'
/**
 * With these options, a command passes a test only if it stops after counting all points. A command that waits until no
 * more records arrive exceeds the test's time limit.
 */
const NEVER_IDLE = ['--idle-timeout', '600', '--timeout', '600']

let env: NodeJS.ProcessEnv
let store: string

beforeEach(() => {
  store = `sqlite:///${join(makeDirectory(), 'traces.db')}`
  env = { ...process.env, OSPROFILER_HMAC_KEYS: KEY, OSPROFILER_CONNECTION_STRING: store }
})

describe('osprofiler run with services that count their points', () => {
  it.each([
    ['/one', 6],
    ['/parallel', 41],
    ['/self', 13],
    ['/moved', 7],
  ])('ends as soon as all points of %s have arrived', async (path, points) => {
    const { gateway } = await startServices()

    const { code, stdout, stderr } = await osprofiler(['run', `${gateway}${path}`, ...NEVER_IDLE, '--json'], { env })

    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^GET .* 200 .*\n\n/) })
    expect(countPoints(stdout)).toBe(points)
  })

  it('ends when the traces of several requests have arrived', async () => {
    const { gateway } = await startServices()
    const file = join(makeDirectory(), 'traces.jsonl')

    const save = ['--save-baseline', file, '-n', '5']
    const { code, stderr } = await osprofiler(['run', `${gateway}/one`, ...save, ...NEVER_IDLE], { env })

    expect(code).toBe(0)
    expect(stderr).toContain(`Wrote 5 traces to ${file}`)
  })

  it('waits for work that continues after the response', async () => {
    const { gateway } = await startServices()

    const { code, stdout } = await osprofiler(['run', `${gateway}/later`, ...NEVER_IDLE], { env })

    expect(code).toBe(0)
    expect(stdout).toMatch(/└─ mail +gateway +\d/)
    expect(stdout).not.toContain('unfinished')
  })

  it('waits for a Python service, which does not count its points', async () => {
    const python = await startWsgiApp(KEY)
    onTestFinished(() => python.stop())
    const { gateway } = await startServices(python.url)

    const running = osprofiler(['run', `${gateway}/one`, '--idle-timeout', '3'], { env })
    await expect.poll(async () => (await python.records()).length, { timeout: 20_000 }).toBe(2)
    await delay(500)
    const records = await python.records()
    await storeRecords(
      store,
      records.map(record => ({ ...record, project: 'shop', service: 'python' })),
    )
    const { code, stdout } = await running

    expect(code).toBe(0)
    expect(stdout).toMatch(/└─ request GET \/ +python/)
    expect(stdout).not.toContain('nothing is recorded below it')
  })
})

describe('a trace of services that count their points', () => {
  it('has a finding about a lost point, and --follow then waits until no more records arrive', async () => {
    const { baseId, records } = await recordTrace()
    const lost = records.find(({ name }) => name === 'find-items-start')
    store = `sqlite:///${join(makeDirectory(), 'rest.db')}`
    await storeRecords(
      store,
      records.filter(record => record.trace_id !== lost?.trace_id),
    )

    const shown = await show(baseId)
    const followed = await show(baseId, '--follow', '--idle-timeout', '1')

    expect(shown.stdout).toContain('orders recorded 4 points of this request; 3 are here')
    expect(shown.stdout).not.toContain('gateway recorded')
    expect(followed).toEqual(shown)
  })

  it('is complete for --follow as soon as all points have arrived', async () => {
    const { baseId, records } = await recordTrace()
    store = `sqlite:///${join(makeDirectory(), 'growing.db')}`
    await storeRecords(store, records.slice(0, -2))

    const following = show(baseId, '--follow', '--idle-timeout', '600')
    await delay(300)
    await storeRecords(store, records.slice(-2))
    const { code, stdout } = await following

    expect(code).toBe(0)
    expect(stdout).not.toContain('are here')
  })

  it('is shown even if the counts have unexpected values', async () => {
    const { baseId, records } = await recordTrace()
    store = `sqlite:///${join(makeDirectory(), 'hostile.db')}`
    const counts = [{ recorded: 1e300 }, { recorded: '9', passed_on: {} }]
    const stops = records.filter(({ name }) => name === 'wsgi-stop')
    await storeRecords(
      store,
      records.map(record =>
        stops.includes(record)
          ? { ...record, info: { ...record.info, points: counts[stops.indexOf(record)] } }
          : record,
      ),
    )

    const { code, stdout } = await show(baseId, '--follow', '--idle-timeout', '1')

    expect(code).toBe(0)
    expect(stdout).not.toContain('are here')
  })
})

describe('a remark of osprofiler run', () => {
  it('compares the time that the command waited with the time of the trace', async () => {
    const { gateway } = await startServices()
    const proxy = createServer((req, res) => {
      setTimeout(() => {
        const passedOn = request(new URL(req.url ?? '/', gateway), { headers: req.headers }, answer => answer.pipe(res))
        passedOn.end()
      }, 2_000)
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void proxy.close())

    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/one`
    const { stderr } = await osprofiler(['run', url], { env })

    expect(stderr).toMatch(
      /^The command waited 2\.\d+ s for the answer, and the trace has \d+(\.\d+)? m?s: \d\.?\d+ m?s are outside the services' records\. /m,
    )
  })
})

/** Starts a gateway, and the service that it calls. */
async function startServices(ordersUrl?: string): Promise<{ readonly gateway: string }> {
  const ORDERS_URL = ordersUrl ?? (await startService('orders', env))
  return { gateway: await startService('gateway', { ...env, ORDERS_URL }) }
}

async function startService(name: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const file = fileURLToPath(new URL(`two-hops/${name}.js`, import.meta.url))
  const service = fork(file, { env: environment, execArgv: ['--disable-warning=ExperimentalWarning'] })
  onTestFinished(() => stopService(service))
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

/** Returns all records of a trace, the callee's records first. */
async function recordTrace(): Promise<{ readonly baseId: string; readonly records: readonly TraceRecord[] }> {
  const { gateway } = await startServices()
  const { stdout } = await osprofiler(['run', `${gateway}/one`, ...NEVER_IDLE], { env })
  const [, baseId = ''] = /Trace ([0-9a-f-]{36})/.exec(stdout) ?? []
  const driver = openDriver(store)
  try {
    return { baseId, records: await readAll(driver, baseId) }
  } finally {
    await driver.close()
  }
}

async function readAll(driver: Driver, baseId: string): Promise<TraceRecord[]> {
  const records: TraceRecord[] = []
  for await (const batch of driver.readRecords?.(baseId) ?? []) records.push(...batch)
  return records
}

async function show(baseId: string, ...options: readonly string[]): Promise<Outcome> {
  return await osprofiler(['trace', 'show', baseId, ...options], {
    env: { ...env, OSPROFILER_CONNECTION_STRING: store },
  })
}

/** Counts the points in a report as JSON. */
function countPoints(json: string): number {
  const { children } = JSON.parse(json)
  const waiting = [...children]
  let count = 0
  for (let point = waiting.pop(); point !== undefined; point = waiting.pop()) {
    count++
    waiting.push(...point.children)
  }
  return count
}
