import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { getNotifier, run, setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { openDriver } from '@osprofiler/drivers'
import { type SetupOptions, setup } from '@osprofiler/node'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { temporaryStore } from './temporary-store.js'

const KEY = 'SECRET'
const handles: { close(): Promise<void> }[] = []

function opened<T extends { close(): Promise<void> }>(handle: T): T {
  handles.push(handle)
  return handle
}

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OSPROFILER_')) vi.stubEnv(name, undefined)
})
afterEach(async () => {
  await Promise.all(handles.splice(0).map(handle => handle.close()))
  setNotifier(undefined)
  vi.unstubAllEnvs()
})

/** Records a trace that contains one point. */
function tracePoint(name: string): void {
  run({ hmacKey: KEY }, () => withTrace(name, () => undefined))
}

async function names(records: Promise<TraceRecord[]>): Promise<string[]> {
  return (await records).map(({ name }) => name).sort()
}

/** Starts a server that responds with `true` if a request has trace headers, or else `false`. Returns its URL. */
async function openServer(): Promise<string> {
  const server = createServer((req, res) => res.end(String('x-trace-info' in req.headers)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function askServer(url: string): Promise<string> {
  return run({ hmacKey: KEY }, async () => (await fetch(url)).text())
}

describe('setup()', () => {
  it('writes records to the store in the connection string', async () => {
    const store = temporaryStore()
    const osprofiler = opened(setup({ connectionString: store.connectionString, project: 'shop', service: 'catalog' }))

    tracePoint('work')
    await osprofiler.flush()

    const [first] = await store.records()
    expect(first).toMatchObject({ name: 'work-start', project: 'shop', service: 'catalog' })
    expect(osprofiler.notifier.stats).toMatchObject({ emitted: 2, written: 2 })
    expect(osprofiler.driver?.name).toBe('sqlite')
  })

  it('reads missing options from the environment', async () => {
    const store = temporaryStore()
    vi.stubEnv('OSPROFILER_CONNECTION_STRING', store.connectionString)
    vi.stubEnv('OSPROFILER_SERVICE', 'orders')
    vi.stubEnv('OSPROFILER_PROJECT', 'shop')
    const osprofiler = opened(setup({ service: 'catalog' }))

    tracePoint('work')
    await osprofiler.flush()

    expect((await store.records())[0]).toMatchObject({ project: 'shop', service: 'catalog' })
  })

  it('uses the default store if no store is named, and opens it only when there are records', async () => {
    const { directory } = temporaryStore()
    vi.stubEnv('XDG_STATE_HOME', directory)
    const file = join(directory, 'osprofiler', 'traces.db')
    const osprofiler = opened(setup({ hmacKeys: KEY }))

    await osprofiler.flush()
    const before = existsSync(file)
    tracePoint('work')
    await osprofiler.flush()

    expect([before, existsSync(file)]).toEqual([false, true])
  })

  it("passes every record to the program's own notifier instead of a store", async () => {
    const store = temporaryStore()
    vi.stubEnv('OSPROFILER_CONNECTION_STRING', store.connectionString)
    const taken: string[] = []
    const osprofiler = opened(setup({ notifier: ({ name }) => void taken.push(name) }))

    tracePoint('work')
    await osprofiler.close()

    expect(taken).toEqual(['work-start', 'work-stop'])
    expect(osprofiler.driver).toBeUndefined()
    expect(store.exists()).toBe(false)
  })

  it('does not close a driver that the program opened', async () => {
    const driver = openDriver('memory://')
    const osprofiler = opened(setup({ driver }))

    tracePoint('work')
    await osprofiler.close()

    expect(osprofiler.driver).toBe(driver)
    expect(await driver.listTraces?.()).toHaveLength(1)
    await driver.close()
  })

  it("passes notifierOptions to the notifier's queue", async () => {
    const driver = openDriver('memory://')
    const osprofiler = opened(setup({ driver, notifierOptions: { maxRecords: 2 } }))

    for (const name of ['a', 'b', 'c']) tracePoint(name)
    await osprofiler.flush()

    expect(osprofiler.notifier.stats).toMatchObject({ emitted: 6, written: 2, dropped: 4 })
  })

  it('records outgoing requests as points, and sends the trace to private hosts', async () => {
    const driver = openDriver('memory://')
    const osprofiler = opened(setup({ driver }))
    const url = await openServer()

    const carried = await askServer(url)
    await osprofiler.flush()

    expect(carried).toBe('true')
    expect((await driver.listTraces?.())?.[0]).toMatchObject({ name: 'http', records: 2 })
  })

  it.each<[string, SetupOptions, Record<string, string>, string, number]>([
    ['sends the trace only to hosts in propagateTo', { propagateTo: '*.example' }, {}, 'false', 2],
    [
      'sends the trace only to hosts in OSPROFILER_PROPAGATE_TO',
      {},
      { OSPROFILER_PROPAGATE_TO: 'a.example, b' },
      'false',
      2,
    ],
    [
      'sends the trace to hosts in propagateTo, which takes precedence over the environment',
      { propagateTo: '127.0.0.0/8' },
      { OSPROFILER_PROPAGATE_TO: 'b' },
      'true',
      2,
    ],
    ['does not send the trace if there are no instruments', { instruments: [] }, {}, 'false', 0],
    [
      'does not send the trace with OSPROFILER_TRACE_REQUESTS=false',
      {},
      { OSPROFILER_TRACE_REQUESTS: 'false' },
      'false',
      0,
    ],
    [
      'sends the trace if `instruments` contains fetch, even with OSPROFILER_TRACE_REQUESTS=no',
      { instruments: ['fetch'] },
      { OSPROFILER_TRACE_REQUESTS: 'no' },
      'true',
      2,
    ],
    [
      'sends the trace if `instruments` adds to the default, even if OSPROFILER_INSTRUMENTS omits fetch',
      { instruments: ['+express'] },
      { OSPROFILER_INSTRUMENTS: 'pg' },
      'true',
      2,
    ],
    [
      'does not send the trace if OSPROFILER_INSTRUMENTS contains only other instruments',
      {},
      { OSPROFILER_INSTRUMENTS: 'pg, ioredis' },
      'false',
      0,
    ],
    [
      'sends the trace if OSPROFILER_INSTRUMENTS adds to the default',
      {},
      { OSPROFILER_INSTRUMENTS: ' +express,+koa ,' },
      'true',
      2,
    ],
    [
      'does not send the trace if OSPROFILER_INSTRUMENTS adds express to a default without fetch',
      {},
      { OSPROFILER_INSTRUMENTS: '+express', OSPROFILER_TRACE_REQUESTS: 'false' },
      'false',
      0,
    ],
    [
      'sends the trace if `instruments` adds fetch to a default without fetch',
      { instruments: ['+fetch'] },
      { OSPROFILER_TRACE_REQUESTS: 'false' },
      'true',
      2,
    ],
  ])('%s', async (_, options, environment, expected, count) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    const records: TraceRecord[] = []
    opened(setup({ ...options, notifier: record => void records.push(record) }))
    const url = await openServer()

    expect(await askServer(url)).toBe(expected)
    expect(records).toHaveLength(count)
  })

  it('passes every record to `redact` before the notifier receives the record', async () => {
    const records: TraceRecord[] = []
    opened(
      setup({ redact: record => ({ ...record, service: 'hidden' }), notifier: record => void records.push(record) }),
    )

    tracePoint('work')

    expect(records.map(({ service }) => service)).toEqual(['hidden', 'hidden'])
  })

  it('traces nothing when it is disabled', async () => {
    const records: TraceRecord[] = []
    opened(setup({ enabled: false, notifier: record => void records.push(record) }))

    tracePoint('work')

    expect(records).toEqual([])
  })
})

describe('a second setup()', () => {
  it('replaces the first setup, whose records are still delivered', async () => {
    const [first, second] = [temporaryStore(), temporaryStore()]
    const one = opened(setup({ connectionString: first.connectionString }))
    tracePoint('one')
    const two = opened(setup({ connectionString: second.connectionString }))
    tracePoint('two')

    await two.close()

    expect(await names(first.records())).toEqual(['one-start', 'one-stop'])
    expect(await names(second.records())).toEqual(['two-start', 'two-stop'])
    expect(one.notifier.stats).toMatchObject({ emitted: 2, written: 2 })
  })

  it('stays active when the first setup is closed', async () => {
    const records: string[] = []
    const url = await openServer()
    const one = opened(setup({ driver: openDriver('memory://'), service: 'one' }))
    opened(setup({ service: 'two', notifier: ({ name, service }) => void records.push(`${service} ${name}`) }))

    await one.close()

    expect(await askServer(url)).toBe('true')
    expect(records).toEqual(['two http-start', 'two http-stop'])
  })

  it('does not keep the options of the first setup', async () => {
    const services: string[] = []
    const url = await openServer()
    vi.stubEnv('OSPROFILER_SERVICE', 'from environment')
    const notifier = ({ service }: TraceRecord): void => void services.push(service)
    opened(setup({ notifier, service: 'one', propagateTo: 'nobody.example' }))
    opened(setup({ notifier }))

    expect(await askServer(url)).toBe('true')
    expect(services).toEqual(['from environment', 'from environment'])
  })

  it('may use the driver of the first setup', async () => {
    const driver = openDriver('memory://')
    opened(setup({ driver }))
    tracePoint('one')
    const two = opened(setup({ driver }))
    tracePoint('two')

    await two.close()

    expect((await driver.listTraces?.())?.map(({ name }) => name).sort()).toEqual(['one', 'two'])
  })
})

describe('close()', () => {
  it('delivers waiting records and undoes the setup', async () => {
    const store = temporaryStore()
    const url = await openServer()
    const before = (): void => undefined
    setNotifier(before)
    const osprofiler = opened(setup({ connectionString: store.connectionString, hmacKeys: 'A,B' }))
    const keysDuring = createRequestTracer().stats.tracedByKey.length
    tracePoint('work')

    await osprofiler.close()
    const carried = await askServer(url)

    expect(await names(store.records())).toEqual(['work-start', 'work-stop'])
    expect(getNotifier()).toBe(before)
    expect(carried).toBe('false')
    expect([keysDuring, createRequestTracer().stats.tracedByKey.length]).toEqual([2, 0])
  })

  it('counts records that are created while other records are being delivered', async () => {
    const osprofiler = opened(setup({ driver: openDriver('memory://') }))
    tracePoint('one')

    const closing = osprofiler.close()
    tracePoint('two')
    await closing
    tracePoint('three')

    const { emitted, written, dropped, queued } = osprofiler.notifier.stats
    expect({ emitted, settled: written + dropped, queued }).toEqual({ emitted: 4, settled: 4, queued: 0 })
    expect(getNotifier()).toBeUndefined()
  })

  it('may be called again, and does not remove a notifier that was set later', async () => {
    const osprofiler = setup({ driver: openDriver('memory://') })
    const own = (): void => undefined
    setNotifier(own)

    await Promise.all([osprofiler.close(), osprofiler.close()])
    await osprofiler.close()

    expect(getNotifier()).toBe(own)
  })
})

describe('a mistake', () => {
  it.each<[string, unknown, RegExp]>([
    ['an unknown option', { hmacKey: 'a' }, /no option "hmacKey"/],
    ['`null` instead of options', null, /object/],
    ['an empty list of keys', { hmacKeys: [] }, /hmacKeys is empty/],
    ['an invalid boolean', { enabled: 'yes' }, /enabled/],
    ['two stores', { connectionString: 'memory://', driver: openDriver('memory://') }, /connectionString and driver/],
    ['a store and a notifier', { driver: openDriver('memory://'), notifier: () => 0 }, /driver and notifier/],
    ['an object that is not a driver', { driver: {} }, /write\(\)/],
    ['a connection string that is not a string', { connectionString: 5 }, /string/],
    ['an object that is not a notifier', { notifier: {} }, /notifier/],
    ['an invalid queue option', { notifierOptions: { batchSize: 0 } }, /batchSize/],
    ['queue options that are not an object', { notifierOptions: 5 }, /notifierOptions/],
    ['queue options in a list', { notifierOptions: [] }, /notifierOptions/],
    ['instruments that are not a list', { instruments: 'fetch' }, /list/],
    ['an unknown instrument', { instruments: ['ftp'] }, /"ftp".*fetch/],
    ['a malformed rule in `propagateTo`', { propagateTo: 'http://catalog' }, /catalog/],
    ['an unknown level for SQL', { traceSql: 'all' }, /traceSql.*"off", "statements" or "values"/],
    ['a `strict` that is not a boolean', { strict: 1 }, /strict must be of type boolean/],
    [
      'a `filterErrorTrace` that is not a boolean',
      { filterErrorTrace: 'yes' },
      /filterErrorTrace must be of type boolean/,
    ],
  ])('in the options causes a TypeError and changes nothing: %s', async (_, options, message) => {
    const records: TraceRecord[] = []
    opened(setup({ service: 'before', notifier: record => void records.push(record) }))

    expect(() => setup(options as SetupOptions)).toThrow(TypeError)
    expect(() => setup(options as SetupOptions)).toThrow(message)

    expect(await askServer(await openServer())).toBe('true')
    expect(records.map(({ service }) => service)).toEqual(['before', 'before'])
  })

  it.each([
    ['mongo-db://app:TOPSECRET@host/x', 'ERR_UNKNOWN_DRIVER'],
    ['app:TOPSECRET@host', 'ERR_CONNECTION_STRING'],
    ['sqlite://app:TOPSECRET@host/x', 'ERR_CONNECTION_STRING'],
  ])('in the connection string causes an error that does not show the password: %s', (connectionString, code) => {
    for (const options of [{}, { hmacKeys: KEY }, { enabled: false }, { strict: true }]) {
      expect(() => setup({ ...options, connectionString })).toThrow(
        expect.objectContaining({ code, message: expect.not.stringContaining('TOPSECRET') }),
      )
    }
    expect(getNotifier()).toBeUndefined()
  })
})
