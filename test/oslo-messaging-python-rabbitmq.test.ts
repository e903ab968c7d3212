import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { configure, createTraceId, get, run, setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { instrument } from '@osprofiler/instruments'
import amqplib, { type Channel, type ChannelModel } from 'amqplib'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { openCaller, serveCalls } from '../examples/messages/oslo-messaging.js'
import { type OsloPeer, startOsloPeer } from './python/oslo-rpc.js'
import { type RabbitmqServer, startRabbitmq } from './servers/rabbitmq.js'

const KEY = 'SECRET_KEY'
const records: TraceRecord[] = []
let rabbitmq: RabbitmqServer
let connection: ChannelModel
let channel: Channel
let unconfigure: () => void

beforeAll(async () => {
  rabbitmq = await startRabbitmq()
  connection = await amqplib.connect(rabbitmq.url)
  channel = await connection.createChannel()
  unconfigure = configure({ hmacKeys: ['NEW_KEY', KEY] })
  setNotifier(record => void records.push(record))
})

afterAll(async () => {
  setNotifier(undefined)
  unconfigure()
  await connection.close()
  await rabbitmq.stop()
})

beforeEach(() => {
  records.length = 0
})

function named(name: string, all: readonly (TraceRecord | undefined)[] = records): TraceRecord | undefined {
  return all.find(record => record?.name === name)
}

/** By its name, or by what it called. */
function findPoint(name: string): TraceRecord | undefined {
  return records.find(record => record.name === name || Object(record.info.function).name === name)
}

describe('a service in Node that Python calls', () => {
  let python: OsloPeer
  const traces: unknown[] = []

  beforeAll(async () => {
    await serveCalls(channel, 'node-topic', {
      add: ({ a, b }: { a: number; b: number }) => {
        traces.push(get()?.baseId)
        return withTrace('work', () => a + b)
      },
      fail: () => {
        throw new RangeError('out of range')
      },
    })
    python = await startOsloPeer('call', rabbitmq.url, 'node-topic')
  })

  afterAll(() => python.stop())

  beforeEach(() => {
    traces.length = 0
  })

  it('joins the trace of the caller, below the point that called', async () => {
    const baseId = createTraceId()

    const { result } = await python.call(baseId, KEY, 'add', { a: 2, b: 3 })

    expect(result).toBe(5)
    const caller = (await python.lines(lines => lines.some(({ record }) => record?.name === 'caller-start')))
      .map(({ record }) => record)
      .find(record => record?.name === 'caller-start')
    expect(named('rpc-start')).toMatchObject({ base_id: baseId, parent_id: caller?.trace_id })
    expect(named('rpc-start')?.info).toMatchObject({ function: { name: 'add' } })
    expect(named('work-start')?.parent_id).toBe(named('rpc-start')?.trace_id)
    expect(named('rpc-stop')?.info).not.toHaveProperty('etype')
    expect(JSON.stringify(records)).not.toContain(KEY)
  })

  it('puts away what is no call, and goes on serving', async () => {
    for (const text of ['no JSON', 'null', '{}', '{"oslo.message": "null"}']) {
      channel.publish('openstack', 'node-topic', Buffer.from(text))
    }

    const { result } = await python.call(createTraceId(), KEY, 'add', { a: 2, b: 3 })

    expect(result).toBe(5)
  })

  it('records what it failed of, and Python is told', async () => {
    const { error } = await python.call(createTraceId(), KEY, 'fail', {})

    expect(error).toContain('out of range')
    expect(named('rpc-stop')?.info).toMatchObject({ etype: 'RangeError', message: 'out of range' })
  })

  it('serves untraced who calls outside of a trace', async () => {
    const { result } = await python.call(null, '', 'add', { a: 1, b: 1 })

    expect(result).toBe(2)
    expect(traces).toEqual([undefined])
    expect(records).toEqual([])
  })

  it('serves untraced who calls with a key that is none of its own', async () => {
    const { result } = await python.call(createTraceId(), 'OTHER', 'add', { a: 1, b: 1 })

    expect(result).toBe(2)
    expect(traces).toEqual([undefined])
  })
})

describe('a service in Python that Node calls', () => {
  let python: OsloPeer

  beforeAll(async () => {
    python = await startOsloPeer('serve', rabbitmq.url, 'python-topic')
  })

  afterAll(() => python.stop())

  it('joins the trace, below the point that called, where the key is sent in clear', async () => {
    const call = await openCaller(channel, { compatible: true })
    const baseId = createTraceId()
    const told = (await python.lines(() => true)).length

    const result = await run({ hmacKey: KEY, baseId }, () => call('python-topic', 'add', { a: 2, b: 3 }))

    expect(result).toBe(5)
    const lines = await python.lines(all => all.slice(told).some(({ record }) => record?.name === 'rpc-stop'))
    const served = lines.slice(told).map(({ record }) => record)
    expect(named('rpc-start', served)).toMatchObject({ base_id: baseId, parent_id: named('rpc-start')?.trace_id })
    expect(named('rpc-start')?.info).toMatchObject({ function: { name: 'python-topic.add' } })
  })

  it('is one of the services that a request goes through, which the instrument of amqplib shows as well', async () => {
    const undo = instrument(['amqplib', 'fetch'])
    const call = await openCaller(channel, { compatible: true })
    const tracer = createRequestTracer()
    const server = createServer((req, res) => {
      tracer.serve(req, res, async () => res.end(String(await call('python-topic', 'add', { a: 3, b: 4 }))))
    })
    onTestFinished(() => {
      undo()
      server.close()
      server.closeAllConnections()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const told = (await python.lines(() => true)).length

    const { port } = server.address() as AddressInfo
    const answer = await run({ hmacKey: KEY }, async () => (await fetch(`http://127.0.0.1:${port}`)).text())

    expect(answer).toBe('7')
    const lines = await python.lines(all => all.slice(told).some(({ record }) => record?.name === 'rpc-stop'))
    const served = lines.slice(told).map(({ record }) => record)
    const [request, calling, publishing] = ['wsgi-start', 'rpc-start', 'publish openstack/python-topic'].map(findPoint)
    expect(request?.parent_id).toBe(named('http-start')?.trace_id)
    expect(calling?.parent_id).toBe(request?.trace_id)
    expect(publishing?.parent_id).toBe(calling?.trace_id)
    expect(named('rpc-start', served)?.parent_id).toBe(calling?.trace_id)
  })

  it('serves untraced where it is not, and finds no key', async () => {
    const call = await openCaller(channel)
    const told = (await python.lines(() => true)).length

    const result = await run({ hmacKey: KEY }, () => call('python-topic', 'add', { a: 2, b: 3 }, { user: 'alice' }))

    expect(result).toBe(5)
    const [line, ...more] = (await python.lines(all => all.length > told)).slice(told)
    expect(line?.context).toContain('X-Trace-Info')
    expect(line?.context).toContain('user')
    expect(line?.context).not.toContain('trace_info')
    expect(more).toEqual([])
  })

  it('tells Node what it failed of', async () => {
    const call = await openCaller(channel, { compatible: true })
    const told = (await python.lines(() => true)).length

    await expect(run({ hmacKey: KEY }, () => call('python-topic', 'fail', {}))).rejects.toThrow('not today')
    await python.lines(all => all.slice(told).some(({ record }) => record?.name === 'rpc-stop'))

    expect(named('rpc-stop')?.info).toMatchObject({ etype: 'Error', message: 'not today' })
  })
})
