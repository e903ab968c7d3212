import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { configure, createTraceId, get, run } from '@osprofiler/core'
import {
  createOsloClient,
  createOsloServer,
  type OsloClientOptions,
  type OsloServerOptions,
} from '@osprofiler/rpc/oslo-messaging'
import amqplib, { type ChannelModel, type Options } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it, onTestFailed, onTestFinished, vi } from 'vitest'
import { openOrders, serveOrders } from '../examples/messages/oslo-messaging.js'
import { collectRecords } from './adapters/collect-records.js'
import { type Proxy as CutOff, startProxy } from './servers/proxy.js'
import { type RabbitmqServer, startRabbitmq } from './servers/rabbitmq.js'
import { runProgram } from './servers/run-program.js'

const TIMEOUT_MS = 20_000
const QUORUM_QUEUE = { durable: true, arguments: { 'x-queue-type': 'quorum' } }

const records = collectRecords()
let rabbitmq: RabbitmqServer
let proxy: CutOff
let unconfigure: () => void
let topics = 0

beforeAll(async () => {
  rabbitmq = await startRabbitmq()
  proxy = await startProxy(rabbitmq)
  unconfigure = configure({ hmacKeys: 'KEY' })
})

afterAll(async () => {
  unconfigure()
  await proxy.stop()
  await rabbitmq.stop()
})

const connect = (): Promise<ChannelModel> => amqplib.connect(rabbitmq.url)
const connectThroughProxy = (): Promise<ChannelModel> =>
  amqplib.connect(rabbitmq.url.replace(String(rabbitmq.port), String(proxy.port)))

function makeTopic(): string {
  return `topic-${++topics}`
}

async function serve(topic: string, endpoints: object, options: Partial<OsloServerOptions> = {}, by = connect) {
  const onError = vi.fn()
  const server = await createOsloServer(by, { topic, server: 'node', endpoints, onError, ...options })
  onTestFinished(() => server.close(1_000))
  return { server, onError }
}

function openClient(topic: string, options: Partial<OsloClientOptions> = {}, by = connect) {
  const client = createOsloClient(by, { topic, ...options })
  onTestFinished(() => client.close(1_000))
  return client
}

/** Calls a function with a new channel, and closes the channel afterwards. */
async function withChannel<T>(work: (channel: amqplib.Channel) => Promise<T>): Promise<T> {
  const connection = await connect()
  const channel = await connection.createConfirmChannel()
  try {
    const result = await work(channel)
    await channel.waitForConfirms()
    return result
  } finally {
    await connection.close()
  }
}

/** Returns the reply queues, with the given additional columns of `rabbitmqctl`. */
async function listReplyQueues(...columns: readonly string[]): Promise<string[]> {
  const lines = (await rabbitmq.command('list_queues', 'name', ...columns)).split('\n')
  return lines.filter(line => line.startsWith('reply_')).sort()
}

function createEnvelope(message: object): Buffer {
  return Buffer.from(JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) }))
}

describe('the code for oslo.messaging in the docs', () => {
  it("serves calls and fanout casts in the caller's trace", async () => {
    const server = await serveOrders(rabbitmq.url)
    const orders = openOrders(rabbitmq.url)
    onTestFinished(async () => {
      await orders.close()
      await server.close()
    })

    const counts = await run({ hmacKey: 'KEY' }, async () => {
      const first = await orders.create({ user: 'alice' }, 7, 'chair')
      await orders.forget({}, 7)
      await expect.poll(() => records.filter(({ name }) => name === 'rpc-stop').length).toBe(4)
      return [first, await orders.create({}, 8, 'table')]
    })

    expect(counts).toEqual([1, 1])
    const starts = records.filter(({ name }) => name === 'rpc-start')
    const names = starts.map(({ info }) => Object(info.function).name)
    expect(names).toEqual(['orders.create', 'create', 'orders.forget', 'forget', 'orders.create', 'create'])
    for (const index of [0, 2, 4]) expect(starts[index + 1]?.parent_id).toBe(starts[index]?.trace_id)
  })
})

describe('queues that were declared with other options', () => {
  it.each<[string, Options.AssertQueue, object, RegExp]>([
    ['durable', { durable: true }, {}, /a different durable, which is true \(406\); see amqp_durable_queues/],
    ['a quorum queue', QUORUM_QUEUE, {}, /a different durable.*rabbit_quorum_queue for quorum queues/],
    [
      'a quorum queue',
      QUORUM_QUEUE,
      { amqp_durable_queues: true },
      /x-queue-type, which is quorum.*see rabbit_quorum_queue/,
    ],
    ['not durable', { durable: false }, { amqp_durable_queues: true }, /a different durable, which is false/],
    ['a classic queue', { durable: true }, { rabbit_quorum_queue: true }, /x-queue-type.*see rabbit_quorum_queue/],
    [
      'deleted automatically',
      { durable: false, autoDelete: true },
      {},
      /auto_delete, which is true.*see amqp_auto_delete/,
    ],
    [
      'a quorum queue with a limit',
      { ...QUORUM_QUEUE, arguments: { ...QUORUM_QUEUE.arguments, 'x-delivery-limit': 3 } },
      { rabbit_quorum_queue: true },
      /x-delivery-limit, which is 3.*see the options rabbit_\*/,
    ],
  ])('cause an error that names the option if one is %s', async (_, declared, options, message) => {
    const topic = makeTopic()
    await withChannel(channel => channel.assertQueue(topic, declared))

    const error: unknown = await serve(topic, {}, options).catch(reason => reason)

    expect(error).toMatchObject({ code: 'ERR_BROKER', message: expect.stringMatching(message) })
    expect(error).toMatchObject({ message: expect.stringContaining(`the queue "${topic}"`) })
  })

  it.each([
    [true, {}],
    [false, { amqp_durable_queues: true }],
    [false, { rabbit_quorum_queue: true }],
  ])(
    'cause no error if only the shared exchange or only the queues are durable (exchange: %s)',
    async (durable, options) => {
      const [topic, exchange] = [makeTopic(), `shared-${topics}`]
      await withChannel(channel => channel.assertExchange(exchange, 'topic', { durable }))
      await serve(topic, { add: () => 3 }, { exchange, ...options })

      expect(await openClient(topic, { exchange, ...options }).call({}, 'add')).toBe(3)
    },
  )

  it('do not close a connection that the caller provided', async () => {
    const topic = makeTopic()
    await withChannel(channel => channel.assertQueue(topic, QUORUM_QUEUE))
    const connection = await connect()
    onTestFinished(() => connection.close())

    await expect(createOsloServer(connection, { topic, endpoints: {} })).rejects.toThrow('406')

    const server = await createOsloServer(connection, { topic, endpoints: { add: () => 3 }, rabbit_quorum_queue: true })
    await server.close()
    expect(connection.listenerCount('error')).toBe(0)
    await (await connection.createChannel()).close()
  })

  it("fail a client's calls if its exchange has another type", async () => {
    const topic = makeTopic()
    await withChannel(channel => channel.assertExchange(`direct-${topic}`, 'direct'))
    const client = openClient(topic, { exchange: `direct-${topic}` })

    await expect(client.call({}, 'add')).rejects.toMatchObject({
      code: 'ERR_BROKER',
      message: expect.stringContaining('a different type'),
    })
    await expect(client.cast({}, 'add')).rejects.toMatchObject({ code: 'ERR_BROKER' })
  })
})

describe('a broker that cannot be used, or that stops', () => {
  it('causes an error without a password in its message', async () => {
    const wrong = rabbitmq.url.replace('secret', 's3cret')

    const errors: unknown[] = await Promise.all([
      serve(makeTopic(), {}, {}, () => amqplib.connect('amqp://127.0.0.1:1')).catch(error => error),
      serve(makeTopic(), {}, {}, () => amqplib.connect(wrong)).catch(error => error),
      openClient(makeTopic(), {}, () => amqplib.connect(wrong))
        .call({}, 'add')
        .catch(error => error),
      openClient(makeTopic(), {}, () => amqplib.connect('amqp://me:s3cret@['))
        .cast({}, 'add')
        .catch(error => error),
    ])

    expect(errors.map(error => String(error))).toEqual([
      'OsprofilerError: The message broker cannot be used: the connection failed (ECONNREFUSED).',
      expect.stringContaining('it refused the user'),
      expect.stringContaining('it refused the user'),
      expect.stringContaining('The message broker cannot be used'),
    ])
    for (const error of errors) expect(error).toMatchObject({ code: 'ERR_BROKER' })
    for (const error of errors) expect(error).not.toHaveProperty('cause')
    expect(String(errors)).not.toContain('s3cret')
  })

  it('is used again after the connection was cut, and calls are served as before', async () => {
    const topic = makeTopic()
    const { onError } = await serve(topic, { add: () => get()?.baseId ?? 'untraced' }, {}, connectThroughProxy)
    const client = openClient(topic)
    expect(await client.call({}, 'add')).toBe('untraced')

    proxy.cut()
    await expect.poll(() => onError.mock.calls.length, { timeout: TIMEOUT_MS }).toBeGreaterThan(0)
    const baseId = createTraceId()
    const results = await run({ hmacKey: 'KEY', baseId }, () =>
      Promise.all([client.call({}, 'add'), client.call({}, 'add', {}, { server: 'node' })]),
    )

    expect(results).toEqual([baseId, baseId])
    expect(String(onError.mock.calls[0]?.[0])).toContain('the connection ended')
  })

  it('does not lose a reply, which the client receives over its next connection', async () => {
    const topic = makeTopic()
    let finish = (_: string): void => {}
    await serve(topic, { wait: () => new Promise<string>(resolve => (finish = resolve)) })
    const client = openClient(topic, {}, connectThroughProxy)
    const called = client.call({}, 'wait')
    const working = finish
    await expect.poll(() => finish !== working, { timeout: TIMEOUT_MS }).toBe(true)

    proxy.cut()
    finish('done')

    expect(await called).toBe('done')
  })

  it('does not lose a reply that was sent over the connection before it was cut', async () => {
    const topic = makeTopic()
    let finish = (_: string): void => {}
    await serve(topic, { wait: () => new Promise<string>(resolve => (finish = resolve)) })
    const called = openClient(topic, {}, connectThroughProxy).call({}, 'wait')
    const working = finish
    await expect.poll(() => finish !== working, { timeout: TIMEOUT_MS }).toBe(true)

    proxy.delay(TIMEOUT_MS)
    finish('done')
    // During this time, the broker sends the reply, and the proxy holds it back.
    await setTimeout(500)
    proxy.delay(0)
    proxy.cut()

    expect(await called).toBe('done')
  })

  it('does not lose a reply, which the server sends over its next connection', async () => {
    const topic = makeTopic()
    let finish = (_: string): void => {}
    await serve(topic, { wait: () => new Promise<string>(resolve => (finish = resolve)) }, {}, connectThroughProxy)
    const called = openClient(topic).call({}, 'wait')
    const working = finish
    await expect.poll(() => finish !== working, { timeout: TIMEOUT_MS }).toBe(true)

    proxy.cut()
    finish('done')

    expect(await called).toBe('done')
  })

  it('ends clients and servers that use the connection of their caller, and reports how to avoid this', async () => {
    const topic = makeTopic()
    const connection = await connectThroughProxy()
    const onError = vi.fn()
    const wait = vi.fn(() => new Promise(() => {}))
    const server = await createOsloServer(connection, { topic, endpoints: { wait }, onError })
    const client = createOsloClient(connection, { topic })
    const called = client.call({}, 'wait').catch(reason => reason)
    await expect.poll(() => wait.mock.calls.length).toBe(1)

    proxy.cut()

    const gone = '() => amqplib.connect(...)'
    expect(await called).toMatchObject({ code: 'ERR_BROKER', message: expect.stringContaining(gone) })
    await expect(client.call({}, 'wait')).rejects.toMatchObject({ code: 'ERR_BROKER' })
    await expect.poll(() => String(onError.mock.calls)).toContain(gone)
    await Promise.all([server.close(100), client.close()])
  })

  it('with durable queues can restart after it was killed', { timeout: 90_000 }, async () => {
    const topic = makeTopic()
    const options = { exchange: 'lasting', amqp_durable_queues: true }
    await serve(topic, { add: () => 3 }, options)
    const client = openClient(topic, options)
    expect(await client.call({}, 'add')).toBe(3)

    onTestFailed(() => rabbitmq.restart())
    await rabbitmq.kill()
    await expect(client.call({}, 'add', {}, { timeout: 5_000 })).rejects.toMatchObject({ code: 'ERR_BROKER' })
    await rabbitmq.restart()

    await expect.poll(() => client.call({}, 'add', {}, { timeout: 2_000 }).catch(String), { timeout: 60_000 }).toBe(3)
  })
})

describe('a process that loses its broker', () => {
  const lose = (...words: readonly string[]) =>
    runProgram(process.execPath, [fileURLToPath(new URL('fixtures/lose-broker.mjs', import.meta.url)), ...words])

  it('exits immediately if no call is pending', async () => {
    const topic = makeTopic()
    await serve(topic, { add: () => 3, wait: () => new Promise(() => {}) })

    const printed = await lose(rabbitmq.url, topic, 'client', 'Infinity')

    expect(printed).toBe('ERR_TIMEOUT at once\n')
  })

  it('stays alive until the reply to a pending call has arrived', async () => {
    const topic = makeTopic()
    await serve(topic, { add: () => 3, wait: () => setTimeout(2_000, 'done') })

    const printed = await lose(rabbitmq.url, topic, 'closing client', '3')

    expect(printed).toBe('done at once\n')
  })

  it('stays alive until it can serve again', async () => {
    const topic = makeTopic()
    const program = fileURLToPath(new URL('fixtures/lose-broker.mjs', import.meta.url))
    const server = spawn(process.execPath, [program, rabbitmq.url, topic, 'server', '3'])
    onTestFinished(() => void server.kill())
    await once(server.stdout, 'data')

    expect(await openClient(topic).call({}, 'add')).toBe(3)
  })
})

describe('an oslo.messaging server', () => {
  it('declares its queue again if the queue was deleted', async () => {
    const topic = makeTopic()
    const { onError } = await serve(topic, { add: () => 3 })

    await withChannel(channel => channel.deleteQueue(topic))

    await expect.poll(() => openClient(topic).call({}, 'add').catch(String), { timeout: TIMEOUT_MS }).toBe(3)
    expect(onError).toHaveBeenCalled()
  })

  it('drops and reports a message that is not a call, and continues', async () => {
    const topic = makeTopic()
    const { onError } = await serve(topic, { add: () => 3 })
    const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const contents = [
      '',
      'not JSON',
      'null',
      '7',
      '[]',
      '{"oslo.version":"3.0","oslo.message":"{}"}',
      '{"oslo.version":"2.0","oslo.message":"null"}',
      '{"oslo.version":"2.0","oslo.message":"{"}',
      nested,
    ]

    await withChannel(async channel => {
      for (const content of contents) channel.publish('openstack', topic, Buffer.from(content))
      channel.publish('openstack', topic, Buffer.from('{}'), { headers: { compression: 'application/x-bz2' } })
      channel.publish('openstack', topic, Buffer.from('{}'), { headers: { compression: 'application/x-gzip' } })
    })

    expect(await openClient(topic).call({}, 'add')).toBe(3)
    await expect.poll(() => onError.mock.calls.length).toBe(contents.length + 2)
    for (const [error] of onError.mock.calls)
      expect(String(error)).toContain('A message is not in the format of oslo.messaging: ')
  })

  it.each<[string, object]>([
    ['no method', {}],
    ['a method that is an object', { method: { a: 1 } }],
    ['a method that every object has', { method: '__defineGetter__' }],
    ['a private method', { method: '_private' }],
    ['a getter', { method: 'getter' }],
    ['a property that is not a function', { method: 'value' }],
    ['a constructor', { method: 'constructor' }],
    ['arguments that are a list', { method: 'nope', args: [1] }],
    ['a version that is an object', { method: 'nope', version: {} }],
    ['a version without numbers', { method: 'add', version: 'a.b' }],
    ['a namespace that is an object', { method: 'nope', namespace: {} }],
    ['a context that changes prototypes', { method: 'nope', _context___proto__: { polluted: true } }],
    ['a reply queue that does not exist', { method: 'add', _msg_id: 'x', _reply_q: 'nowhere' }],
    ['a reply queue that is not a string', { method: 'add', _msg_id: 7, _reply_q: {} }],
    ['a reply queue whose name is too long', { method: 'add', _msg_id: 'x', _reply_q: 'x'.repeat(300) }],
    ['a request for endless heartbeats', { method: 'add', _msg_id: 'x', _reply_q: 'nowhere', _timeout: 1e308 }],
    ['an invalid trace', { method: 'add', _context_trace_info: [[]], '_context_X-Trace-Info': {} }],
  ])('continues after a message with %s', async (_, message) => {
    const topic = makeTopic()
    class Endpoint {
      value = 7
      get getter() {
        throw new Error('hidden')
      }
      add() {
        return 3
      }
      _private() {
        throw new Error('hidden')
      }
    }
    const { onError } = await serve(topic, new Endpoint(), { kombu_missing_consumer_retry_timeout: 0 })

    await withChannel(async channel => channel.publish('openstack', topic, createEnvelope(message)))

    expect(await openClient(topic).call({}, 'add')).toBe(3)
    for (const [error] of onError.mock.calls) expect(String(error)).not.toContain('hidden')
    expect(Object.prototype).not.toHaveProperty('polluted')
  })

  it('runs the method of a message once even if the message is delivered twice', async () => {
    const topic = makeTopic()
    const add = vi.fn()
    await serve(topic, { add, last: () => 'last' })
    const message = createEnvelope({ method: 'add', args: {}, _unique_id: 'the same' })

    await withChannel(async channel => {
      for (let time = 0; time < 3; time++) channel.publish('openstack', topic, message)
    })

    expect(await openClient(topic).call({}, 'last')).toBe('last')
    expect(add).toHaveBeenCalledTimes(1)
  })

  it('limits how many calls it serves at the same time', async () => {
    const topic = makeTopic()
    const waiting: (() => void)[] = []
    let most = 0
    const endpoint = {
      async work() {
        await new Promise<void>(resolve => {
          waiting.push(resolve)
          most = Math.max(most, waiting.length)
        })
      },
    }
    await serve(topic, endpoint, { maxConcurrentCalls: 3 })
    const calls = Array.from({ length: 10 }, () => openClient(topic).call({}, 'work'))

    for (let done = 0; done < 10; done++) {
      await expect.poll(() => waiting.length).toBe(Math.min(3, 10 - done))
      waiting.shift()?.()
    }

    await Promise.all(calls)
    expect(most).toBe(3)
  })

  it.each([
    [
      'an object with a getter that throws',
      () =>
        Object.assign(
          {},
          {
            get self(): unknown {
              throw new Error('No')
            },
          },
        ),
    ],
    [
      'an object whose toJSON() throws',
      () => ({
        toJSON: () => {
          throw new Error('No')
        },
      }),
    ],
    [
      'a circular array',
      () => {
        const circle: unknown[] = []
        circle.push(circle)
        return circle
      },
    ],
  ])('fails a call whose result cannot be written as JSON: %s', async (_, result) => {
    const topic = makeTopic()
    const { onError } = await serve(topic, { add: result })

    await expect(openClient(topic).call({}, 'add')).rejects.toMatchObject({ code: 'ERR_REMOTE' })
    expect(onError).toHaveBeenCalledTimes(1)
  })

  it.each<[string, unknown, object]>([
    ['an error', new RangeError('far'), { type: 'RangeError', remoteMessage: 'far' }],
    ['a string', 'far', { type: 'string', remoteMessage: 'far' }],
    ['nothing', undefined, { type: 'undefined', remoteMessage: 'undefined' }],
    [
      'an object whose properties cannot be read',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('No')
          },
          getPrototypeOf: () => {
            throw new Error('No')
          },
        },
      ),
      { code: 'ERR_REMOTE' },
    ],
  ])('fails a call whose method throws %s', async (_, thrown, failure) => {
    const topic = makeTopic()
    const { onError } = await serve(topic, {
      add: () => {
        throw thrown
      },
    })

    await expect(openClient(topic).call({}, 'add')).rejects.toMatchObject(failure)
    expect(onError.mock.calls[0]?.[0]).toBe(thrown)
    expect(onError.mock.calls[0]?.[1]).toMatchObject({ method: 'add', version: '1.0' })
  })

  it('continues when its hook throws', async () => {
    const topic = makeTopic()
    const onError = () => {
      throw new Error('No')
    }
    await serve(
      topic,
      {
        fail: () => {
          throw new Error('far')
        },
        add: () => 3,
      },
      { onError },
    )
    const client = openClient(topic)

    await expect(client.call({}, 'fail')).rejects.toThrow('far')

    expect(await client.call({}, 'add')).toBe(3)
  })

  it('finishes running calls when it is closed, and leaves other calls to the broker', async () => {
    const topic = makeTopic()
    let finish = (_: string): void => {}
    const endpoint = { wait: () => new Promise<string>(resolve => (finish = resolve)), add: () => 'second server' }
    const { server } = await serve(topic, endpoint, { maxConcurrentCalls: 1 })
    const client = openClient(topic)
    const started = finish
    const inWork = client.call({}, 'wait')
    await expect.poll(() => finish !== started).toBe(true)
    const waiting = client.call({}, 'add')

    const closed = server.close()
    finish('done')
    await closed
    await serve(topic, endpoint)

    expect(await inWork).toBe('done')
    expect(await waiting).toBe('second server')
    const queues = await rabbitmq.command('list_queues', 'name')
    expect(queues.split('\n').filter(name => name.startsWith(`${topic}_fanout`))).toHaveLength(1)
  })

  it('closes within five seconds even if a method never ends and the broker does not answer', async () => {
    const topic = makeTopic()
    const { server } = await serve(topic, { wait: () => new Promise(() => {}) }, {}, connectThroughProxy)
    const client = createOsloClient(connectThroughProxy, { topic })
    const called = client.call({}, 'wait').catch(reason => reason)
    await expect.poll(() => server.stats).toBeDefined()
    proxy.delay(60_000)
    onTestFinished(() => proxy.heal())
    const start = performance.now()

    await Promise.all([server.close(), client.close()])

    expect(performance.now() - start).toBeLessThan(5_900)
    expect(await called).toMatchObject({ code: 'ERR_BROKER', message: 'The client was closed.' })
  })

  it.each<[string, object]>([
    ['no topic', { endpoints: {} }],
    ['an empty topic', { topic: '', endpoints: {} }],
    ['no endpoints', { topic: 'x' }],
    ['endpoints that are functions', { topic: 'x', endpoints: [() => 1] }],
    ['no endpoint in a list', { topic: 'x', endpoints: [] }],
    ['a Boolean option that is a string', { topic: 'x', endpoints: {}, rabbit_quorum_queue: 'true' }],
    ['a negative duration', { topic: 'x', endpoints: {}, rabbit_transient_queues_ttl: -1 }],
    ['two types of queues', { topic: 'x', endpoints: {}, rabbit_quorum_queue: true, rabbit_ha_queues: true }],
    ['a limit of 0 calls', { topic: 'x', endpoints: {}, maxConcurrentCalls: 0 }],
    ['an unknown option', { topic: 'x', endpoints: {}, rabbit_quorum_queues: true }],
    ['empty keys', { topic: 'x', endpoints: {}, hmacKeys: '' }],
  ])('rejects %s', async (_, options) => {
    await expect(createOsloServer(connect, options as OsloServerOptions)).rejects.toThrow(TypeError)
  })
})

describe('an oslo.messaging client', () => {
  it('fails a call immediately if no server ever existed, and waits if a server was closed', async () => {
    const topic = makeTopic()
    const client = openClient(topic)

    await expect(client.call({}, 'add')).rejects.toMatchObject({
      name: 'MessageUndeliverable',
      code: 'ERR_UNDELIVERABLE',
    })
    const { server } = await serve(topic, {})
    await server.close()

    await expect(client.call({}, 'add', {}, { timeout: 200 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(await client.cast({}, 'add')).toBeUndefined()
  })

  it('does not mix up parallel calls', async () => {
    const topic = makeTopic()
    await serve(topic, { echo: (_: object, { value }: { value: number }) => value })
    const client = openClient(topic)

    const results = await Promise.all(Array.from({ length: 200 }, (_, value) => client.call({}, 'echo', { value })))

    expect(results).toEqual(Array.from({ length: 200 }, (_, value) => value))
  })

  it('ignores invalid replies, and fails pending calls when it is closed', async () => {
    const topic = makeTopic()
    const client = openClient(topic)
    await serve(topic, { wait: () => new Promise(() => {}) })
    const called = client.call({}, 'wait').catch(reason => reason)
    const queues = async (): Promise<string[]> =>
      (await rabbitmq.command('list_queues', 'name', 'consumers'))
        .split('\n')
        .filter(line => /^reply_\S+\s+1$/.test(line))
    await expect.poll(queues, { timeout: TIMEOUT_MS }).not.toEqual([])
    const [queue = ''] = ((await queues()).at(-1) ?? '').split('\t')

    await withChannel(async channel => {
      for (const content of ['', 'null', '{}', '{"_msg_id":"x","ending":true}'])
        channel.sendToQueue(queue, Buffer.from(content))
    })
    await client.close()

    expect(await called).toMatchObject({ code: 'ERR_BROKER', message: 'The client was closed.' })
  })

  it.each([false, true])('leaves no queue at the broker when it is closed (quorum queues: %s)', async quorum => {
    const topic = makeTopic()
    const options = { rabbit_transient_quorum_queue: quorum }
    await serve(topic, { add: () => 3 }, options)
    const others = await listReplyQueues()
    const client = openClient(topic, options)
    expect(await client.call({}, 'add')).toBe(3)
    expect(await listReplyQueues()).toHaveLength(others.length + 1)

    await client.close()

    expect(await listReplyQueues()).toEqual(others)
  })

  it.each<[string, (called: Promise<unknown>) => Promise<unknown>, number]>([
    ['timed out', called => called, 500],
    ['is still pending', () => setTimeout(500), TIMEOUT_MS],
  ])('does not delete its reply queue if it is closed after a call that %s', async (_, wait, timeout) => {
    const topic = makeTopic()
    let finish = (_: string): void => {}
    const { onError } = await serve(topic, { wait: () => new Promise<string>(resolve => (finish = resolve)) })
    const others = await listReplyQueues()
    const client = openClient(topic)
    const called = client.call({}, 'wait', {}, { timeout }).catch(error => error)
    await wait(called)

    await client.close()
    finish('late')

    // If the client deleted its queue, the server could not deliver the reply, and would send it again and again.
    const added = async () =>
      (await listReplyQueues('messages')).filter(line => !others.includes(line.split('\t')[0] ?? ''))
    await expect.poll(added, { timeout: TIMEOUT_MS }).toEqual([expect.stringMatching(/\t1$/)])
    expect(onError).not.toHaveBeenCalled()
  })

  it.each<[string, (client: ReturnType<typeof openClient>) => Promise<unknown>]>([
    ['no method', client => client.call({}, '')],
    ['arguments that are a list', client => client.call({}, 'add', [1])],
    ['fan-out for a call', client => client.call({}, 'add', {}, { fanout: true } as object)],
    ['an unknown option', client => client.cast({}, 'add', {}, { timeout: 1 } as object)],
    [
      'arguments that cannot be written as JSON',
      client =>
        client.cast({}, 'add', {
          get circle(): never {
            throw new TypeError('No')
          },
        }),
    ],
  ])('rejects %s', async (_, use) => {
    await expect(use(openClient(makeTopic()))).rejects.toThrow(TypeError)
  })

  it('rejects calls after it was closed', async () => {
    const client = openClient(makeTopic())
    await client.close()

    await expect(client.call({}, 'add')).rejects.toMatchObject({ code: 'ERR_BROKER' })
  })
})
