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
/** Records of a request to /work: the request, and two points in it. */
const RECORDS = 6
/** A driver that waited for the store on the event loop would hold a request up for the five seconds that it tries. */
const STALLED_MS = 4_000

let folder: string
let store: string
let app: App | undefined

interface App {
  readonly process: ChildProcess
  readonly agent: Agent
  readonly port: number
  /** The traces whose requests were answered. */
  readonly served: string[]
  /** The longest time that a request took, in milliseconds. */
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

async function serve(to: App, requests: number): Promise<void> {
  for (let count = 0; count < requests; count++) {
    const baseId = createTraceId()
    const asked = performance.now()
    await request(to, '/work', baseId)
    to.slowest = Math.max(to.slowest, performance.now() - asked)
    to.served.push(baseId)
  }
}

/** The statistics of the application, which are exact whenever one looks. */
async function stats(of: App): Promise<NotifierStats> {
  const seen: NotifierStats = JSON.parse(await request(of, '/stats'))
  expect(seen.emitted).toBe(seen.written + seen.dropped + seen.unknown + seen.queued)
  return seen
}

async function settled(of: App): Promise<NotifierStats> {
  for (const deadline = Date.now() + 60_000; ; await delay(20)) {
    const seen = await stats(of)
    if (seen.queued === 0) return seen
    if (Date.now() > deadline) throw new Error(`The store took no more: ${JSON.stringify(seen)}`)
  }
}

/** The statistics that the application left when it ended. */
async function ended({ process }: App): Promise<NotifierStats> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
  expect(process.exitCode).toBe(0)
  return JSON.parse(readFileSync(join(folder, 'stats.json'), 'utf8'))
}

async function stored(baseIds: readonly string[]): Promise<TraceRecord[]> {
  const driver = openDriver(`sqlite:///${store}`)
  const records: TraceRecord[] = []
  for (const baseId of baseIds) for await (const batch of driver.readRecords?.(baseId) ?? []) records.push(...batch)
  await driver.close()
  return records
}

/** Locks the store from another process, until the returned function is called. */
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

describe('an Express application over the embedded store', () => {
  it('serves on while another process holds the lock, and delivers all when it is gone', async () => {
    const app = await startApp()
    await serve(app, 20)
    await settled(app)
    const unlock = await lockStore()
    let locked = await stats(app)
    for (; locked.retried === 0; locked = await stats(app)) {
      await serve(app, 1)
      await delay(50)
    }
    await unlock()
    const { emitted, written } = await settled(app)

    expect(locked.written).toBe(20 * RECORDS)
    expect(locked.queued).toBeGreaterThan(0)
    expect(app.slowest).toBeLessThan(STALLED_MS)
    expect(written).toBe(emitted)
    expect(await stored(app.served)).toHaveLength(emitted)
  })

  it('serves before its store can be made, and delivers once it can', async () => {
    writeFileSync(dirname(store), 'a file in the place of the directory')
    const app = await startApp()
    await serve(app, 20)
    await delay(500)
    const before = await stats(app)
    rmSync(dirname(store))
    mkdirSync(dirname(store))
    const { emitted, written } = await settled(app)

    expect(before).toMatchObject({ written: 0, queued: 20 * RECORDS })
    expect(app.slowest).toBeLessThan(STALLED_MS)
    expect(written).toBe(emitted)
    expect(await stored(app.served)).toHaveLength(20 * RECORDS)
  })

  it('goes on in a new file when its store was deleted', async () => {
    const app = await startApp()
    await serve(app, 20)
    await settled(app)
    rmSync(dirname(store), { recursive: true })
    const lost = app.served.splice(0)
    await serve(app, 20)
    const { emitted, written } = await settled(app)

    expect(app.slowest).toBeLessThan(STALLED_MS)
    expect(written).toBe(emitted)
    expect(emitted).toBe(40 * RECORDS)
    expect(await stored(lost)).toEqual([])
    expect(await stored(app.served)).toHaveLength(20 * RECORDS)
  })

  it('serves on when its store is full, and delivers once there is room', async () => {
    const app = await startApp()
    await serve(app, 5)
    await settled(app)
    const limit = (size: string) =>
      execFileSync('/usr/bin/prlimit', ['--pid', String(app.process.pid), `--fsize=${size}:`])
    limit('20000')
    await serve(app, 100)
    let full = await stats(app)
    for (; full.retried === 0; full = await stats(app)) await delay(20)
    limit('1000000000')
    const { emitted, written } = await settled(app)

    expect(full.queued).toBeGreaterThan(0)
    expect(app.slowest).toBeLessThan(STALLED_MS)
    expect(written).toBe(emitted)
    expect(await stored(app.served)).toHaveLength(105 * RECORDS)
  })

  it('leaves its store whole when it is killed, with all that was flushed and the open points open', async () => {
    const app = await startApp()
    await serve(app, 50)
    const hanging = createTraceId()
    request(app, '/hang', hanging).catch(() => {})
    while ((await stats(app)).emitted < 50 * RECORDS + 2) await delay(5)
    await settled(app)
    // More of which nobody knows how far they came.
    const burst = serve(app, 500).catch(() => {})
    await delay(100)
    const flushed = app.served.slice(0, 50)
    const { written } = await stats(app)
    app.process.kill('SIGKILL')
    await once(app.process, 'exit')
    await burst

    const check =
      'import sqlite3, sys; store = sqlite3.connect(sys.argv[1]); print(store.execute("PRAGMA integrity_check").fetchone()[0], store.execute("SELECT count(*) FROM data").fetchone()[0])'
    const [whole, count] = execFileSync(PYTHON, ['-c', check, store], { encoding: 'utf8' }).trim().split(' ')

    expect(whole).toBe('ok')
    expect(Number(count)).toBeGreaterThanOrEqual(written)
    expect(await stored(flushed)).toHaveLength(50 * RECORDS)
    expect((await stored([hanging])).map(({ name }) => name)).toEqual(['wsgi-start', 'db-start'])
  })

  it.each([
    ['on SIGTERM, by its own shutdown', (app: App) => app.process.kill('SIGTERM')],
    ['at its natural end', (app: App) => request(app, '/end')],
    ['with process.exit() after close()', (app: App) => request(app, '/end?how=exit')],
  ])('loses no record %s', async (_, end) => {
    const app = await startApp()
    await serve(app, 100)
    await end(app)
    app.agent.destroy()
    const { emitted, written, dropped, unknown, queued } = await ended(app)

    expect({ emitted, written, dropped, unknown, queued }).toEqual({
      emitted: 100 * RECORDS,
      written: 100 * RECORDS,
      dropped: 0,
      unknown: 0,
      queued: 0,
    })
    expect(await stored(app.served)).toHaveLength(100 * RECORDS)
  })

  it('ends within its bounds when the store is locked', async () => {
    const app = await startApp()
    await serve(app, 5)
    await settled(app)
    const unlock = await lockStore()
    await serve(app, 5)
    const asked = performance.now()
    app.process.kill('SIGTERM')
    app.agent.destroy()
    const { emitted, written, dropped, unknown, queued } = await ended(app)
    const took = performance.now() - asked
    await unlock()

    expect(took).toBeLessThan(40_000)
    expect(queued).toBe(0)
    expect(written + dropped + unknown).toBe(emitted)
    expect(await stored(app.served)).toHaveLength(written)
  })
})
