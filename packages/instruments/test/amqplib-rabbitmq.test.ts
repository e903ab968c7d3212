import { once } from 'node:events'
import { createRequire } from 'node:module'
import {
  configure,
  createTraceId,
  get,
  getTraceIdHeaders,
  setNotifier,
  signedPack,
  suppress,
  type TraceRecord,
  withTrace,
} from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import type { Channel, ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import type * as CallbackApi from 'amqplib/callback_api'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { startProxy } from '../../../test/servers/proxy.js'
import { type SharedServer, shareRabbitmq } from '../../../test/servers/share.js'
import { takeUnhandledRejection } from '../../../test/take-unhandled-rejection.js'
import { collect, inTrace, KEY, only, until } from './traced-calls.js'

type Library = typeof import('amqplib')

const require = createRequire(import.meta.url)
let rabbitmq: SharedServer
let undo: () => void
let unconfigure: () => void
let records: TraceRecord[]

beforeAll(async () => {
  rabbitmq = await shareRabbitmq()
})

afterAll(() => rabbitmq.stop())

beforeEach(() => {
  undo = instrument(['amqplib'])
  unconfigure = configure({ hmacKeys: KEY })
  records = collect()
})

afterEach(() => {
  undo()
  unconfigure()
  setNotifier(undefined)
})

/** Returns the function names in the recorded start records, or the points' names if no function was recorded. */
function started(): string[] {
  return records.filter(({ name }) => name.endsWith('-start')).map(called)
}

function called({ name, info }: TraceRecord): string {
  return (info.function as { name: string } | undefined)?.name ?? name
}

/** Returns the start record of the only call with this name. Throws unless there is exactly one such call. */
function startOf(name: string): TraceRecord {
  return recordOf(name, '-start')
}

function stopOf(name: string): TraceRecord {
  return recordOf(name, '-stop')
}

function isStopped(name: string): boolean {
  const start = records.find(record => record.name.endsWith('-start') && called(record) === name)
  return records.some(record => record.name.endsWith('-stop') && record.trace_id === start?.trace_id)
}

function recordOf(name: string, suffix: string): TraceRecord {
  const ids = records.filter(record => called(record) === name).map(record => record.trace_id)
  const [record, ...more] = records.filter(one => one.name.endsWith(suffix) && ids.includes(one.trace_id))
  if (record === undefined || more.length > 0) throw new Error(`Not one ${name} in ${started().join(', ')}`)
  return record
}

const VERSIONS = ['amqplib', 'amqplib-1', 'amqplib-0']

describe.each(VERSIONS)('the instrument of %s', name => {
  const amqplib: Library = require(name)
  let connection: ChannelModel
  let channel: Channel
  let queue: string

  beforeEach(async () => {
    connection = await amqplib.connect(rabbitmq.url)
    channel = await connection.createChannel()
    ;({ queue } = await channel.assertQueue('', { exclusive: true }))
  })

  afterEach(() => connection.close())

  /** Publishes a message in a trace and consumes it. Resolves when `work` is done. */
  async function consumeOne(work: (message: ConsumeMessage) => unknown, noAck = false): Promise<string> {
    const consumed = new Promise<void>((resolve, reject) => {
      channel.consume(
        queue,
        message => Promise.resolve(message === null ? undefined : work(message)).then(() => resolve(), reject),
        { noAck },
      )
    })
    const { baseId } = await inTrace(async () => channel.sendToQueue(queue, Buffer.from('hello')))
    await consumed
    return baseId
  }

  async function getHeaders(): Promise<unknown> {
    const message = await channel.get(queue, { noAck: true })
    return message === false ? undefined : message.properties.headers
  }

  it('continues the trace of a message in the consumer, as a child of the point that published the message', async () => {
    const baseId = await consumeOne(async message => {
      await withTrace('work', async () => {})
      channel.ack(message)
    })
    await until(() => records.length === 6)

    const [publish, consume] = [startOf(`publish ${queue}`), startOf(`consume ${queue}`)]
    expect(publish).toMatchObject({ name: 'rpc-start', base_id: baseId, parent_id: baseId })
    expect(publish.info.amqp).toEqual({ exchange: '', routing_key: queue })
    expect(consume).toMatchObject({ name: 'rpc-start', base_id: baseId, parent_id: publish.trace_id })
    expect(consume.info.amqp).toEqual({ queue, exchange: '', routing_key: queue })
    expect(only(records, 'work-start').parent_id).toBe(consume.trace_id)
    expect(records.map(({ info }) => info.etype).filter(Boolean)).toEqual([])
  })

  it('ends the point of a message when the callback is done, if the message needs no acknowledgment', async () => {
    await consumeOne(() => {}, true)

    await until(() => isStopped(`consume ${queue}`))
    expect(stopOf(`consume ${queue}`).info.etype).toBeUndefined()
  })

  it('ends the point of a message when the message is acknowledged, even outside the trace', async () => {
    const messages: ConsumeMessage[] = []
    await consumeOne(message => void messages.push(message))
    expect(isStopped(`consume ${queue}`)).toBe(false)

    const [message] = messages
    suppress(() => message && channel.ack(message))

    expect(stopOf(`consume ${queue}`).info.etype).toBeUndefined()
    expect(isStopped(`consume ${queue}`)).toBe(true)
  })

  it('ends the points of all messages that one acknowledgment covers', async () => {
    const messages: ConsumeMessage[] = []
    await channel.consume(queue, message => message && messages.push(message))
    await inTrace(async () => {
      for (let index = 0; index < 3; index++) channel.sendToQueue(queue, Buffer.from(String(index)))
    })
    await until(() => messages.length === 3)
    const stops = (): number => records.filter(record => record.name === 'rpc-stop').length
    expect(stops()).toBe(3)

    if (messages[1] !== undefined) channel.ack(messages[1], true)
    expect(stops()).toBe(5)
    channel.ackAll()

    expect(stops()).toBe(6)
  })

  it.each([
    ['nack', (message: ConsumeMessage) => channel.nack(message, false, false), 'Rejected'],
    ['reject', (message: ConsumeMessage) => channel.reject(message, false), 'Rejected'],
    ['nackAll', () => channel.nackAll(false), 'Rejected'],
  ])('records that a message was rejected with %s', async (_, reject, what) => {
    await consumeOne(reject)

    await until(() => isStopped(`consume ${queue}`))
    expect(stopOf(`consume ${queue}`).info).toMatchObject({ etype: 'MessageRejected', message: what })
  })

  it('records each delivery of a redelivered message', async () => {
    let deliveries = 0
    await consumeOne(
      message =>
        new Promise<void>(resolve => {
          deliveries++
          if (deliveries > 1) channel.ack(message)
          else channel.nack(message)
          resolve()
        }),
    )
    await until(() => records.filter(record => record.name === 'rpc-stop').length === 3)

    const [first, second] = records.filter(({ name, info }) => name === 'rpc-start' && 'queue' in Object(info.amqp))
    expect(first?.info.amqp).not.toHaveProperty('redelivered')
    expect(second?.info.amqp).toMatchObject({ redelivered: true })
    expect(second?.parent_id).toBe(first?.parent_id)
  })

  it("records a consumer's error, and leaves an unhandled rejection unhandled", async () => {
    const unhandled = takeUnhandledRejection()
    await channel.consume(queue, async () => {
      throw new RangeError('out of stock')
    })

    await inTrace(async () => channel.sendToQueue(queue, Buffer.from('x')))

    expect(await unhandled).toMatchObject({ message: 'out of stock' })
    // The record does not contain the error. Only a rejection handler could read it, and adding a handler would hide
    // the unhandled rejection from the program.
    await expect.poll(() => stopOf(`consume ${queue}`).info).toMatchObject({ etype: 'PromiseRejected' })
  })

  it('ends the points of unacknowledged messages when the channel closes', async () => {
    await consumeOne(() => {})

    await channel.close()

    expect(stopOf(`consume ${queue}`).info).toMatchObject({ etype: 'ChannelClosed' })
  })

  it('ends the points of unconfirmed and unacknowledged messages if the connection breaks', async () => {
    const proxy = await startProxy(rabbitmq)
    onTestFinished(() => proxy.stop())
    const broken = await amqplib.connect(rabbitmq.url.replace(String(rabbitmq.port), String(proxy.port)))
    const closed = new Promise(resolve => broken.once('close', resolve))
    broken.on('error', () => {})
    const confirming = await broken.createConfirmChannel()
    const { queue: own } = await confirming.assertQueue('', { exclusive: true })
    const consumed = new Promise(resolve => {
      confirming.consume(own, resolve)
    })
    await inTrace(async () => void confirming.sendToQueue(own, Buffer.from('x')))
    await consumed
    proxy.delay(10_000)
    const unconfirmed = inTrace(
      () => new Promise((_, reject) => confirming.publish('amq.direct', 'never', Buffer.from('x'), {}, reject)),
    )

    proxy.cut()
    await expect(unconfirmed).rejects.toThrow()
    await closed

    expect(stopOf(`consume ${own}`).info).toMatchObject({ etype: 'ChannelClosed' })
    expect(stopOf('publish amq.direct/never').info.etype).toBe('Error')
  })

  it('keeps each of two hundred concurrent messages in its own trace', async () => {
    await channel.prefetch(50)
    const seen = new Map<string, string | undefined>()
    await channel.consume(queue, async message => {
      if (message === null) return
      await new Promise(resolve => setTimeout(resolve, Math.random() * 5))
      seen.set(String(message.content), get()?.baseId)
      channel.ack(message)
    })

    const published = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        inTrace(async () => void channel.sendToQueue(queue, Buffer.from(String(index)))),
      ),
    )
    await until(() => seen.size === 200)

    expect(published.map((_, index) => seen.get(String(index)))).toEqual(published.map(({ baseId }) => baseId))
  })

  it('notifies a consumer when the broker cancels the consumer', async () => {
    const cancelled = new Promise(resolve => {
      channel.consume(queue, message => resolve([message, get()]))
    })

    await channel.deleteQueue(queue)

    expect(await cancelled).toEqual([null, undefined])
  })

  it('runs the consumer untraced for messages without a trace or with a refused trace', async () => {
    const contexts: unknown[] = []
    const headers = [{}, { 'X-Trace-Info': 'e30=', 'X-Trace-HMAC': '0'.repeat(40) }, undefined]
    // The consumer is started within a trace, but its messages are not part of that trace.
    await inTrace(async () => {
      await channel.consume(queue, () => contexts.push(get()), { noAck: true })
    })
    for (const each of headers) channel.sendToQueue(queue, Buffer.from(''), each === undefined ? {} : { headers: each })
    await until(() => contexts.length === 3)

    expect(contexts).toEqual([undefined, undefined, undefined])
    expect(records).toEqual([])
  })

  it('replaces the trace of a forwarded message, and leaves its other headers unchanged', async () => {
    const { queue: second } = await channel.assertQueue('', { exclusive: true })
    await channel.consume(second, () => {}, { noAck: true })
    const options = { headers: { 'X-Trace-Info': 'old', 'x-trace-hmac': 'old', other: 1 }, messageId: 'm-1' }
    const arrived = new Promise<ConsumeMessage>(resolve => {
      channel.consume(queue, message => message && resolve(message), { noAck: true })
    })

    await inTrace(async () => channel.publish('', queue, Buffer.from('x'), options))
    const { properties, content } = await arrived
    suppress(() => channel.publish('', second, content, { headers: properties.headers }))
    await until(() => started().length === 3)

    expect(properties.messageId).toBe('m-1')
    expect(properties.headers).toMatchObject({ other: 1 })
    expect(Object.keys(properties.headers ?? {}).sort()).toEqual(['X-Trace-HMAC', 'X-Trace-Info', 'other'])
    expect(options.headers['X-Trace-Info']).toBe('old')
    // A message that is forwarded outside a trace keeps the headers with which it arrived.
    expect(startOf(`consume ${second}`).parent_id).toBe(startOf(`publish ${queue}`).trace_id)
  })

  it('sends the same options and headers as the library does, including inherited ones', async () => {
    class Defaults {
      get messageId() {
        return 'm-2'
      }
    }
    const options = Object.assign(new Defaults(), { headers: Object.create({ inherited: 'yes' }), type: 'order' })
    Object.freeze(options)

    await inTrace(async () => channel.sendToQueue(queue, Buffer.from('x'), options))
    const message = await channel.get(queue, { noAck: true })

    expect(message).toMatchObject({ properties: { messageId: 'm-2', type: 'order', headers: { inherited: 'yes' } } })
    expect(await getHeaders()).toBeUndefined()
  })

  it('ends the point when the broker confirms the message, and runs the callback in the trace', async () => {
    const confirming: ConfirmChannel = await connection.createConfirmChannel()
    const context = await inTrace(
      () =>
        new Promise<string | undefined>((resolve, reject) => {
          confirming.sendToQueue(queue, Buffer.from('x'), {}, error => (error ? reject(error) : resolve(get()?.baseId)))
          expect(isStopped(`publish ${queue}`)).toBe(false)
        }),
    )

    expect(context.result).toBe(context.baseId)
    expect(stopOf(`publish ${queue}`).info.etype).toBeUndefined()
    expect(started()).toEqual([`publish ${queue}`])
  })

  it('does not change the behavior of waitForConfirms()', async () => {
    const confirming = await connection.createConfirmChannel()

    await inTrace(async () => {
      for (let index = 0; index < 5; index++) confirming.publish('', queue, Buffer.from('x'))
      await confirming.waitForConfirms()
    })

    expect(records.filter(record => record.name === 'rpc-stop')).toHaveLength(5)
    expect((await channel.checkQueue(queue)).messageCount).toBe(5)
  })

  it('passes no callback to the library for messages that were published without a callback', async () => {
    const confirming = (await connection.createConfirmChannel()) as ConfirmChannel & { readonly unconfirmed: unknown[] }
    const callback = () => {}
    let kept: readonly unknown[] = []

    await inTrace(async () => {
      confirming.publish('', queue, Buffer.from('x'))
      confirming.sendToQueue(queue, Buffer.from('x'), {}, callback)
      kept = [...confirming.unconfirmed]
      await confirming.waitForConfirms()
    })

    expect(kept).toEqual([false, expect.any(Function)])
    expect(records.filter(record => record.name === 'rpc-stop')).toHaveLength(2)
  })

  it('fails the point of a message that the broker refuses', async () => {
    const confirming = await connection.createConfirmChannel()
    confirming.on('error', () => {})
    const failed = inTrace(
      () =>
        new Promise((_, reject) => {
          confirming.publish('no-such-exchange', 'key', Buffer.from('x'), {}, reject)
        }),
    )

    await expect(failed).rejects.toThrow()
    expect(stopOf('publish no-such-exchange/key').info.etype).toBe('Error')
  })

  it('records the error that publishing on a closed channel throws', async () => {
    await channel.close()

    await inTrace(async () => {
      expect(() => channel.publish('', queue, Buffer.from('x'))).toThrow('Channel closed')
    })

    expect(stopOf(`publish ${queue}`).info).toMatchObject({ etype: 'IllegalOperationError' })
    channel = await connection.createChannel()
  })

  it('records get() as a point', async () => {
    const { result } = await inTrace(() => channel.get(queue, { noAck: true }))

    expect(result).toBe(false)
    expect(stopOf(`get ${queue}`).info.etype).toBeUndefined()
  })

  it('records that get() failed', async () => {
    channel.on('error', () => {})

    // amqplib 0.10 rejects with a value that is not an `Error`.
    await expect(inTrace(() => channel.get('no-such-queue'))).rejects.toBeDefined()

    expect(stopOf('get no-such-queue').info).toMatchObject({ etype: 'Error' })
    channel = await connection.createChannel()
  })

  it('traces the callback API', async () => {
    const callbacks: typeof CallbackApi = require(`${name}/callback_api`)
    const opened = await new Promise<CallbackApi.Connection>((resolve, reject) => {
      callbacks.connect(rabbitmq.url, (error, made) => (error ? reject(error) : resolve(made)))
    })
    onTestFinished(async () => {
      opened.close()
      await once(opened, 'close')
    })
    const confirming = await new Promise<CallbackApi.ConfirmChannel>((resolve, reject) => {
      opened.createConfirmChannel((error, made) => (error ? reject(error) : resolve(made)))
    })
    const { queue: own } = await channel.assertQueue('', {})
    confirming.consume(own, message => message && confirming.ack(message))

    const { baseId, result } = await inTrace(
      () => new Promise(resolve => confirming.sendToQueue(own, Buffer.from('x'), {}, () => resolve(get()?.baseId))),
    )
    await until(() => isStopped(`consume ${own}`))
    const asked = await inTrace(
      () =>
        new Promise(resolve => {
          confirming.get(own, {}, (_, message) => resolve([message, get()?.traceId]))
        }),
    )

    expect(result).toBe(baseId)
    expect(startOf(`consume ${own}`).parent_id).toBe(startOf(`publish ${own}`).trace_id)
    expect(asked.result).toEqual([false, asked.baseId])
    expect(isStopped(`get ${own}`)).toBe(true)
    await channel.deleteQueue(own)
  })

  it('traces no call after the instrument is removed, even on open channels', async () => {
    undo()

    const { result } = await inTrace(async () => channel.sendToQueue(queue, Buffer.from('x')))

    expect(result).toBe(true)
    expect(await getHeaders()).toEqual({})
    expect(records).toEqual([])
  })

  it('stops tracing an existing consumer when the instrument is removed, and traces it again after the next instrument()', async () => {
    const contexts: (string | undefined)[] = []
    await channel.consume(queue, () => contexts.push(get()?.baseId), { noAck: true })
    const [info, hmac] = signedPack({ base_id: 'a-trace' }, KEY)
    const options = { headers: { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } }
    undo()

    channel.sendToQueue(queue, Buffer.from('x'), options)
    await until(() => contexts.length === 1)
    undo = instrument(['amqplib'])
    channel.sendToQueue(queue, Buffer.from('x'), options)
    await until(() => contexts.length === 2)

    expect(contexts).toEqual([undefined, 'a-trace'])
  })

  it('finds a copy of the library that is loaded after instrument()', async () => {
    const folder = require.resolve(name).replace(/channel_api\.js$/, '')
    const loaded = Object.entries(require.cache).filter(([file]) => file.startsWith(folder))
    for (const [file] of loaded) delete require.cache[file]
    const later: Library = require(name)
    Object.assign(require.cache, Object.fromEntries(loaded))
    const opened = await later.connect(rabbitmq.url)

    await inTrace(async () => (await opened.createChannel()).publish('amq.direct', 'key', Buffer.from('x')))
    await opened.close()

    expect(later).not.toBe(amqplib)
    expect(started()).toEqual(['publish amq.direct/key'])
  })

  it('records one point per call after two calls of instrument()', async () => {
    const undoSecond = instrument(['amqplib'])

    await inTrace(async () => channel.sendToQueue(queue, Buffer.from('x')))
    undoSecond()

    expect(started()).toEqual([`publish ${queue}`])
  })

  it('adds the trace only to messages that the option `propagate` allows', async () => {
    undo()
    undo = instrument(['amqplib'], { messages: { propagate: ({ routingKey }) => routingKey !== queue } })

    await inTrace(async () => channel.sendToQueue(queue, Buffer.from('x')))

    expect(await getHeaders()).toEqual({})
    expect(started()).toEqual([`publish ${queue}`])
  })

  it('removes only the current trace from copied headers, and leaves any other trace, if `propagate` forbids the trace', async () => {
    undo()
    undo = instrument(['amqplib'], { messages: { propagate: false } })
    const [info, hmac] = signedPack({ base_id: 'another' }, KEY)
    const copies = [(): object => getTraceIdHeaders(), () => ({ 'x-trace-info': info, 'x-trace-hmac': hmac })]

    for (const copy of copies) {
      await inTrace(async () => channel.sendToQueue(queue, Buffer.from('x'), { headers: { ...copy(), a: 'b' } }))
    }

    expect(await getHeaders()).toEqual({ a: 'b' })
    expect(await getHeaders()).toEqual({ 'x-trace-info': info, 'x-trace-hmac': hmac, a: 'b' })
  })

  it('applies the limits of the option `messages`', async () => {
    undo()
    const refused: unknown[] = []
    undo = instrument(['amqplib'], { messages: { maxTracesPerSecond: 0, onRefused: reason => refused.push(reason) } })
    const context = new Promise(resolve => {
      channel.consume(queue, () => resolve(get()), { noAck: true })
    })
    const [info, hmac] = signedPack({ base_id: createTraceId() }, KEY)
    channel.sendToQueue(queue, Buffer.from('x'), { headers: { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } })

    expect(await context).toBeUndefined()
    expect(refused).toEqual(['rate-limited'])
    expect(records).toEqual([])
  })
})
