import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { configure, createTraceId, get, run, setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { instrument } from '@osprofiler/instruments'
import { createOsloClient, createOsloServer, type OsloServer, RemoteError } from '@osprofiler/rpc/oslo-messaging'
import amqplib from 'amqplib'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type OsloLine, type OsloPeer, startOsloPeer } from './python/oslo-rpc.js'
import { type SharedServer, shareRabbitmq } from './servers/share.js'

const KEY = 'SECRET_KEY'
// oslo.messaging 14 cannot use a control exchange that was declared with other settings, so each type of queue has its
// own exchange.
const QUEUES = [
  ['transient queues', { exchange: 'openstack' }],
  ['durable queues', { exchange: 'lasting', amqp_durable_queues: true }],
  ['quorum queues', { exchange: 'quorum', rabbit_quorum_queue: true }],
] as const

const records: TraceRecord[] = []
let rabbitmq: SharedServer
let unconfigure: () => void

const connect = () => amqplib.connect(rabbitmq.url)

beforeAll(async () => {
  rabbitmq = await shareRabbitmq()
  unconfigure = configure({ hmacKeys: ['NEW_KEY', KEY] })
  setNotifier(record => void records.push(record))
})

afterAll(async () => {
  setNotifier(undefined)
  unconfigure()
  await rabbitmq.stop()
})

beforeEach(() => {
  records.length = 0
})

function findByName(name: string, all: readonly (TraceRecord | undefined)[] = records): TraceRecord | undefined {
  return all.find(record => record?.name === name)
}

describe.each(QUEUES)('a Node service that Python calls over %s', (_, queues) => {
  const topic = `node-${queues.exchange}`
  const seen: unknown[] = []
  let server: OsloServer
  let python: OsloPeer

  class Orders {
    add(context: object, { a, b }: { a: number; b: number }): number {
      seen.push([get()?.baseId, context])
      return withTrace('work', () => a + b)
    }
    echo(_: object, { value }: { value: unknown }): unknown {
      return value
    }
    fail(): never {
      throw new RangeError('out of range')
    }
    missing(): never {
      throw new RemoteError({ type: 'KeyError', message: 'no such order' })
    }
    async slow(): Promise<string> {
      await new Promise(resolve => setTimeout(resolve, 3_000))
      return 'done'
    }
    note(_: object, { text }: { text: string }): void {
      seen.push(text)
    }
  }

  beforeAll(async () => {
    const control = { target: { namespace: 'control', version: '2.3' }, stop: () => 'stopped' }
    const endpoints = [new Orders(), control]
    const onError = (): void => undefined
    server = await createOsloServer(connect, {
      topic,
      server: 'node-1',

      endpoints,
      onError,
      ...queues,
    })
    python = await startOsloPeer('call', rabbitmq.url, topic, queues)
  })

  afterAll(async () => {
    await python.stop()
    await server.close()
  })

  beforeEach(() => {
    seen.length = 0
  })

  it("joins the caller's trace, below the calling point", async () => {
    const baseId = createTraceId()

    const { result } = await python.call({ base_id: baseId, key: KEY, method: 'add', args: { a: 2, b: 3 } })

    expect(result).toBe(5)
    const told = await python.lines(lines => lines.some(({ record }) => record?.name === 'caller-start'))
    const caller = findByName(
      'caller-start',
      told.map(({ record }) => record),
    )
    expect(findByName('rpc-start')).toMatchObject({ base_id: baseId, parent_id: caller?.trace_id })
    expect(findByName('rpc-start')?.info).toMatchObject({ function: { name: 'add' } })
    expect(findByName('work-start')?.parent_id).toBe(findByName('rpc-start')?.trace_id)
    expect(findByName('rpc-stop')?.info).not.toHaveProperty('etype')
    expect(seen).toEqual([[baseId, { user: 'alice' }]])
    expect(JSON.stringify(records)).not.toContain(KEY)
  })

  it.each([null, true, 0, -1.5, 'é\u{1f600}', [], {}, { a: [1, { b: null }] }, 'x'.repeat(100_000)])(
    'receives and returns %j unchanged',
    async value => {
      expect(await python.call({ method: 'echo', args: { value } })).toEqual({ result: value })
    },
  )

  it("receives and returns Python's numbers unchanged", async () => {
    const text =
      '{"method":"echo","args":{"value":[9007199254740993,-123456789012345678901234567890,NaN,-Infinity,1.5]}}'

    expect(await python.callText(text)).toContain(
      '"result": [9007199254740993, -123456789012345678901234567890, NaN, -Infinity, 1.5]',
    )
  })

  it('fails the call with the error that a method throws, and records the failure', async () => {
    const { error, type } = await python.call({ base_id: createTraceId(), key: KEY, method: 'fail' })

    expect({ error, type }).toEqual({ error: 'Remote error: RangeError out of range', type: 'RemoteError' })
    expect(findByName('rpc-stop')?.info).toMatchObject({ etype: 'RangeError', message: 'out of range' })
  })

  it('fails the call with the Python exception that a method names', async () => {
    const { error, type } = await python.call({ method: 'missing' })

    expect(type).toMatch(/^KeyError/)
    expect(error).toContain('no such order')
  })

  it.each<[string, object, OsloLine]>([
    ['this server only', { target: { server: 'node-1' } }, { result: 3 }],
    ['an older version', { target: { version: '1.0' } }, { result: 3 }],
    [
      'a later version',
      { target: { version: '1.1' } },
      {
        type: 'RemoteError',
        error: expect.stringContaining('UnsupportedVersion Endpoint does not support RPC version 1.1'),
      },
    ],
    [
      'another namespace',
      { target: { namespace: 'other' } },
      { type: 'RemoteError', error: expect.stringContaining('UnsupportedVersion') },
    ],
    [
      'a namespace of this server',
      { method: 'stop', target: { namespace: 'control', version: '2.1' } },
      { result: 'stopped' },
    ],
    [
      'a method that does not exist',
      { method: 'nope' },
      { type: 'RemoteError', error: expect.stringContaining('NoSuchMethod Endpoint does not support RPC method nope') },
    ],
    [
      'a method that every object has',
      { method: 'constructor' },
      { type: 'RemoteError', error: expect.stringContaining('NoSuchMethod') },
    ],
    [
      'another server',
      { target: { server: 'other', timeout: 1 } },
      { type: 'MessagingTimeout', error: expect.any(String) },
    ],
  ])('answers a call to %s', async (_, request, answer) => {
    expect(await python.call({ method: 'add', args: { a: 1, b: 2 }, ...request })).toEqual(answer)
  })

  it.each([
    ['to any server', {}],
    ['to this server', { server: 'node-1' }],
    ['to all servers', { fanout: true }],
  ])('accepts a cast %s', async (_, target) => {
    await python.call({ method: 'note', args: { text: 'heard' }, target, cast: true })

    await expect.poll(() => seen).toEqual(['heard'])
  })

  it('passes a fanout cast to each server for a topic', async () => {
    const heard: string[] = []
    const endpoints = { note: (_context: object, { text }: { text: string }) => void heard.push(text) }
    const second = await createOsloServer(connect, { topic, server: 'node-2', endpoints, ...queues })
    onTestFinished(() => second.close())

    await python.call({ method: 'note', args: { text: 'all' }, target: { fanout: true }, cast: true })

    await expect.poll(() => [seen, heard]).toEqual([['all'], ['all']])
  })

  it('sends heartbeats to a caller that monitors its call', async () => {
    const monitored = { call_monitor_timeout: 2, timeout: 10 }

    expect(await python.call({ method: 'slow', target: monitored })).toEqual({ result: 'done' })
  })

  it('serves calls untraced if the caller has no trace or an unknown key', async () => {
    const outside = await python.call({ method: 'add', args: { a: 1, b: 1 } })
    const stranger = await python.call({ base_id: createTraceId(), key: 'OTHER', method: 'add', args: { a: 1, b: 1 } })

    expect([outside.result, stranger.result]).toEqual([2, 2])
    expect(seen).toEqual([
      [undefined, { user: 'alice' }],
      [undefined, { user: 'alice' }],
    ])
    expect(records).toEqual([])
  })
})

describe.each(QUEUES)('a Python service that Node calls over %s', (_, queues) => {
  const topic = `python-${queues.exchange}`
  let python: OsloPeer

  beforeAll(async () => {
    python = await startOsloPeer('serve', rabbitmq.url, topic, queues)
  })

  afterAll(() => python.stop())

  function open(options: object = {}) {
    const client = createOsloClient(connect, { topic, ...queues, ...options })
    onTestFinished(() => client.close())
    return client
  }

  /**
   * Returns a function that waits for a record with a given name. Its promise resolves to the lines that Python printed
   * since `follow` was called.
   */
  async function follow(): Promise<(name: string) => Promise<readonly OsloLine[]>> {
    const { length } = await python.lines(() => true)
    return async name =>
      (await python.lines(all => all.slice(length).some(({ record }) => record?.name === name))).slice(length)
  }

  it('joins the trace below the calling point if the key is sent in plain text', async () => {
    const client = open({ compatible: true })
    const baseId = createTraceId()
    const told = await follow()

    const result = await run({ hmacKey: KEY, baseId }, () => client.call({}, 'add', { a: 2, b: 3 }))

    expect(result).toBe(5)
    const served = (await told('rpc-stop')).map(({ record }) => record)
    expect(findByName('rpc-start', served)).toMatchObject({
      base_id: baseId,
      parent_id: findByName('rpc-start')?.trace_id,
    })
    expect(findByName('rpc-start')?.info).toMatchObject({ function: { name: `${topic}.add` } })
    expect(records.map(({ name }) => name)).toEqual(['rpc-start', 'rpc-stop'])
  })

  it('serves calls untraced without the key, and never sees the key', async () => {
    const client = open()
    const { length } = await python.lines(() => true)

    const result = await run({ hmacKey: KEY }, () => client.call({ user: 'alice' }, 'add', { a: 2, b: 3 }))

    expect(result).toBe(5)
    const [line, ...more] = (await python.lines(all => all.length > length)).slice(length)
    expect(line?.context).toEqual(expect.arrayContaining(['X-Trace-Info', 'user']))
    expect(line?.context).not.toContain('trace_info')
    expect(more).toEqual([])
  })

  it.each([null, true, 0, -1.5, 'é\u{1f600}', [], {}, { a: [1, { b: null }] }])(
    'receives and returns %j unchanged',
    async value => {
      expect(await open().call({}, 'echo', { value })).toEqual(value)
    },
  )

  it('receives and returns integers of any size, and numbers that JSON lacks', async () => {
    const value = [9_007_199_254_740_993n, -(10n ** 30n), Number.NaN, Number.NEGATIVE_INFINITY, 7]

    expect(await open().call({}, 'echo', { value })).toEqual(value)
  })

  it('fails the call with the exception that a method raises, and records the failure', async () => {
    const client = open({ compatible: true })
    const told = await follow()

    const error: unknown = await run({ hmacKey: KEY }, () => client.call({}, 'fail')).catch(reason => reason)

    await told('rpc-stop')
    expect(error).toBeInstanceOf(RemoteError)
    expect(error).toMatchObject({
      type: 'ValueError',
      module: 'builtins',
      remoteMessage: 'not today',
      args: ['not today'],
      code: 'ERR_REMOTE',
    })
    expect((error as RemoteError).traceback.join('')).toContain('raise ValueError("not today")')
    expect(findByName('rpc-stop')?.info).toMatchObject({ etype: 'RemoteError', message: 'ValueError: not today' })
  })

  it.each([
    ['a given server', 'add', { server: 'python' }, { result: 3 }],
    ['a namespace', 'stop', { namespace: 'control', version: '2.1' }, { result: ['stopped', true] }],
    ['a later version', 'add', { version: '1.7' }, { type: 'UnsupportedVersion' }],
    ['a method that does not exist', 'nope', {}, { type: 'NoSuchMethod' }],
    ['another server', 'add', { server: 'other' }, { code: 'ERR_UNDELIVERABLE' }],
  ] as const)('receives a call to %s', async (_, method, target, answer) => {
    const args = method === 'stop' ? { force: true } : { a: 1, b: 2 }

    const found = await open()
      .call({}, method, args, target)
      .then(
        result => ({ result }),
        error => error,
      )

    expect(found).toMatchObject(answer)
  })

  it.each([
    ['to any server', {}],
    ['to a given server', { server: 'python' }],
    ['to all servers', { fanout: true }],
  ])('receives a cast %s', async (_, options) => {
    const { length } = await python.lines(() => true)

    await open().cast({}, 'note', { text: 'heard' }, options)

    const told = await python.lines(all => all.slice(length).some(({ noted }) => noted !== undefined))
    expect(told.slice(length).flatMap(({ noted }) => noted ?? [])).toEqual(['heard'])
  })

  it('makes a call fail if no reply arrives within the time-out', async () => {
    const error: unknown = await open()
      .call({}, 'slow', { seconds: 1 }, { timeout: 300 })
      .catch(reason => reason)

    expect(error).toMatchObject({
      name: 'MessagingTimeout',
      code: 'ERR_TIMEOUT',
      message: `No reply to ${topic}.slow within 0.3 s.`,
    })
  })

  it('keeps a slow call alive with heartbeats', async () => {
    expect(await open().call({}, 'slow', { seconds: 3 }, { monitorTimeout: 2_000 })).toBe('done')
  })
})

describe('a Python service', () => {
  it('joins the trace of a request from Node, without points from the amqplib instrument', async () => {
    const python = await startOsloPeer('serve', rabbitmq.url, 'python')
    const undo = instrument(['amqplib', 'fetch'])
    const client = createOsloClient(connect, { topic: 'python', compatible: true })
    const tracer = createRequestTracer()
    const server = createServer((req, res) => {
      tracer.serve(req, res, async () => res.end(String(await client.call({}, 'add', { a: 3, b: 4 }))))
    })
    onTestFinished(async () => {
      undo()
      server.close()
      server.closeAllConnections()
      await client.close()
      await python.stop()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')

    const { port } = server.address() as AddressInfo
    const answer = await run({ hmacKey: KEY }, async () => (await fetch(`http://127.0.0.1:${port}`)).text())

    expect(answer).toBe('7')
    const told = await python.lines(all => all.some(({ record }) => record?.name === 'rpc-stop'))
    const served = told.map(({ record }) => record)
    expect(records.filter(({ name }) => name.endsWith('-start')).map(({ name }) => name)).toEqual([
      'http-start',
      'wsgi-start',
      'rpc-start',
    ])
    expect(findByName('wsgi-start')?.parent_id).toBe(findByName('http-start')?.trace_id)
    expect(findByName('rpc-start')?.parent_id).toBe(findByName('wsgi-start')?.trace_id)
    expect(findByName('rpc-start', served)?.parent_id).toBe(findByName('rpc-start')?.trace_id)
  })
})
