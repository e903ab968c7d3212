import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { createTraceId, type NotifierStats, signedPack, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const APP = join(import.meta.dirname, 'delivery-app.js')
const PYTHON = '/usr/bin/python3'
/** Number of records for a request to /work: two for the request, and four for the two points in it. */
const RECORDS_PER_REQUEST = 6
/**
 * The limit for the slowest request. A driver that blocked the event loop would delay requests by five seconds, because
 * the driver retries a write for that long.
 */
const STALL_MS = 4_000

let folder: string
let store: string
let app: App | undefined

interface App {
  readonly process: ChildProcess
  readonly agent: Agent
  readonly port: number
  /** Trace ids of the requests that were answered. */
  readonly served: string[]
  /** Duration of the slowest request, in milliseconds. */
  slowest: number
}

async function startApp(): Promise<App> {
  const process = fork(APP, [`sqlite:///${store}`, join(folder, 'stats.json')], { stdio: 'inherit' })
  const [port] = await once(process, 'message')
  app = { process, agent: new Agent({ keepAlive: true }), port, served: [], slowest: 0 }
  return app
}

function request({ port, agent }: App, path: string, baseId?: string): Promise<string> {
  const [info, hmac] = baseId === undefined ? [] : signedPack({ base_id: baseId }, 'KEY')
  const headers = info === undefined || hmac === undefined ? {} : { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac }
  return new Promise((resolve, reject) => {
    get({ port, agent, path, headers }, response => void text(response).then(resolve, reject)).on('error', reject)
  })
}

async function sendRequests(to: App, requests: number): Promise<void> {
  for (let count = 0; count < requests; count++) {
    const baseId = createTraceId()
    const asked = performance.now()
    await request(to, '/work', baseId)
    to.slowest = Math.max(to.slowest, performance.now() - asked)
    to.served.push(baseId)
  }
}

/** Returns the application's statistics, after checking that the counts add up. */
async function readStats(of: App): Promise<NotifierStats> {
  const seen: NotifierStats = JSON.parse(await request(of, '/stats'))
  expect(seen.emitted).toBe(seen.written + seen.dropped + seen.unknown + seen.queued)
  return seen
}

async function waitUntilSettled(of: App): Promise<NotifierStats> {
  for (const deadline = Date.now() + 60_000; ; await delay(20)) {
    const seen = await readStats(of)
    if (seen.queued === 0) return seen
    if (Date.now() > deadline) throw new Error(`The store accepted no more records: ${JSON.stringify(seen)}`)
  }
}

/** Resolves to the statistics that the application wrote when it exited. */
async function waitForEnd({ process }: App): Promise<NotifierStats> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
  expect(process.exitCode).toBe(0)
  return JSON.parse(readFileSync(join(folder, 'stats.json'), 'utf8'))
}

async function readStoredRecords(baseIds: readonly string[]): Promise<TraceRecord[]> {
  const driver = openDriver(`sqlite:///${store}`)
  const records: TraceRecord[] = []
  for (const baseId of baseIds) for await (const batch of driver.readRecords?.(baseId) ?? []) records.push(...batch)
  await driver.close()
  return records
}

/** Locks the store from another process until the returned function is called. */
async function lockStore(): Promise<() => Promise<void>> {
  const program = `
import sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()`
  const python = spawn(PYTHON, ['-c', program, store], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(python.stdout, 'data')
  return async () => {
    python.stdin.end()
    await once(python, 'exit')
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'osprofiler-delivery-'))
  store = join(folder, 'store/traces.db')
})

afterEach(async () => {
  app?.agent.destroy()
  if (app?.process.exitCode === null && app.process.signalCode === null) {
    app.process.kill('SIGKILL')
    await once(app.process, 'exit')
  }
  app = undefined
  rmSync(folder, { recursive: true, force: true })
})

describe('an Express application with the embedded store', () => {
  it('answers while another process has locked the store, and stores all records afterwards', async () => {
    const app = await startApp()
    await sendRequests(app, 20)
    await waitUntilSettled(app)
    const unlock = await lockStore()
    let locked = await readStats(app)
    for (; locked.retried === 0; locked = await readStats(app)) {
      await sendRequests(app, 1)
      await delay(50)
    }
    await unlock()
    const { emitted, written } = await waitUntilSettled(app)

    expect(locked.written).toBe(20 * RECORDS_PER_REQUEST)
    expect(locked.queued).toBeGreaterThan(0)
    expect(app.slowest).toBeLessThan(STALL_MS)
    expect(written).toBe(emitted)
    expect(await readStoredRecords(app.served)).toHaveLength(emitted)
  })

  it('answers before its store can be created, and stores all records afterwards', async () => {
    writeFileSync(dirname(store), 'a file in the place of the directory')
    const app = await startApp()
    await sendRequests(app, 20)
    await delay(500)
    const before = await readStats(app)
    rmSync(dirname(store))
    mkdirSync(dirname(store))
    const { emitted, written } = await waitUntilSettled(app)

    expect(before).toMatchObject({ written: 0, queued: 20 * RECORDS_PER_REQUEST })
    expect(app.slowest).toBeLessThan(STALL_MS)
    expect(written).toBe(emitted)
    expect(await readStoredRecords(app.served)).toHaveLength(20 * RECORDS_PER_REQUEST)
  })

  it('continues in a new file after its store was deleted', async () => {
    const app = await startApp()
    await sendRequests(app, 20)
    await waitUntilSettled(app)
    rmSync(dirname(store), { recursive: true })
    const lost = app.served.splice(0)
    await sendRequests(app, 20)
    const { emitted, written } = await waitUntilSettled(app)

    expect(app.slowest).toBeLessThan(STALL_MS)
    expect(written).toBe(emitted)
    expect(emitted).toBe(40 * RECORDS_PER_REQUEST)
    expect(await readStoredRecords(lost)).toEqual([])
    expect(await readStoredRecords(app.served)).toHaveLength(20 * RECORDS_PER_REQUEST)
  })

  it('answers while its store is full, and stores all records once there is space', async () => {
    const app = await startApp()
    await sendRequests(app, 5)
    await waitUntilSettled(app)
    const limit = (size: string) =>
      execFileSync('/usr/bin/prlimit', ['--pid', String(app.process.pid), `--fsize=${size}:`])
    limit('20000')
    await sendRequests(app, 100)
    let full = await readStats(app)
    for (; full.retried === 0; full = await readStats(app)) await delay(20)
    limit('1000000000')
    const { emitted, written } = await waitUntilSettled(app)

    expect(full.queued).toBeGreaterThan(0)
    expect(app.slowest).toBeLessThan(STALL_MS)
    expect(written).toBe(emitted)
    expect(await readStoredRecords(app.served)).toHaveLength(105 * RECORDS_PER_REQUEST)
  })

  it('can be killed: its store stays intact, and has all flushed records, even of unfinished points', async () => {
    const app = await startApp()
    await sendRequests(app, 50)
    const hanging = createTraceId()
    request(app, '/hang', hanging).catch(() => {})
    while ((await readStats(app)).emitted < 50 * RECORDS_PER_REQUEST + 2) await delay(5)
    await waitUntilSettled(app)
    // The kill interrupts these requests, so the test does not know how far each of them has been processed.
    const burst = sendRequests(app, 500).catch(() => {})
    await delay(100)
    const flushed = app.served.slice(0, 50)
    const { written } = await readStats(app)
    app.process.kill('SIGKILL')
    await once(app.process, 'exit')
    await burst

    const check =
      'import sqlite3, sys; store = sqlite3.connect(sys.argv[1]); print(store.execute("PRAGMA integrity_check").fetchone()[0], store.execute("SELECT count(*) FROM data").fetchone()[0])'
    const [whole, count] = execFileSync(PYTHON, ['-c', check, store], { encoding: 'utf8' }).trim().split(' ')

    expect(whole).toBe('ok')
    expect(Number(count)).toBeGreaterThanOrEqual(written)
    expect(await readStoredRecords(flushed)).toHaveLength(50 * RECORDS_PER_REQUEST)
    expect((await readStoredRecords([hanging])).map(({ name }) => name)).toEqual(['wsgi-start', 'db-start'])
  })

  it.each([
    ['on SIGTERM, when it shuts itself down', (app: App) => app.process.kill('SIGTERM')],
    ['when it exits by itself', (app: App) => request(app, '/end')],
    ['when it calls process.exit() after close()', (app: App) => request(app, '/end?how=exit')],
  ])('loses no record %s', async (_, end) => {
    const app = await startApp()
    await sendRequests(app, 100)
    await end(app)
    app.agent.destroy()
    const { emitted, written, dropped, unknown, queued } = await waitForEnd(app)

    expect({ emitted, written, dropped, unknown, queued }).toEqual({
      emitted: 100 * RECORDS_PER_REQUEST,
      written: 100 * RECORDS_PER_REQUEST,
      dropped: 0,
      unknown: 0,
      queued: 0,
    })
    expect(await readStoredRecords(app.served)).toHaveLength(100 * RECORDS_PER_REQUEST)
  })

  it('exits within its time limits while the store is locked', async () => {
    const app = await startApp()
    await sendRequests(app, 5)
    await waitUntilSettled(app)
    const unlock = await lockStore()
    await sendRequests(app, 5)
    const asked = performance.now()
    app.process.kill('SIGTERM')
    app.agent.destroy()
    const { emitted, written, dropped, unknown, queued } = await waitForEnd(app)
    const took = performance.now() - asked
    await unlock()

    expect(took).toBeLessThan(40_000)
    expect(queued).toBe(0)
    expect(written + dropped + unknown).toBe(emitted)
    expect(await readStoredRecords(app.served)).toHaveLength(written)
  })
})
