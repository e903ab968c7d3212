import { createOsloClient, createOsloServer } from '@osprofiler/rpc/oslo-messaging'
import amqplib, { type ChannelModel } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type SharedServer, shareRabbitmq } from './servers/share.js'

let rabbitmq: SharedServer
let topics = 0

beforeAll(async () => {
  rabbitmq = await shareRabbitmq()
})

afterAll(() => rabbitmq.stop())

const connect = (): Promise<ChannelModel> => amqplib.connect(rabbitmq.url)

async function serve(endpoints: object) {
  const topic = `values-${++topics}`
  const onError = vi.fn()
  const server = await createOsloServer(connect, { topic, endpoints, onError })
  const client = createOsloClient(connect, { topic, timeout: 15_000 })
  onTestFinished(async () => {
    await client.close(1_000)
    await server.close(1_000)
  })
  return { topic, client, onError }
}

/** Sends a message as any program could, and resolves to the bodies of its first `count` replies. */
async function sendMessage(topic: string, message: string, count = 1): Promise<readonly string[]> {
  const connection = await connect()
  onTestFinished(() => connection.close())
  const channel = await connection.createChannel()
  const { queue } = await channel.assertQueue('', { exclusive: true })
  const replies: string[] = []
  await channel.consume(queue, delivery => void replies.push(String(delivery?.content)), { noAck: true })
  const inner = message.replace('{', `{"_msg_id":"id","_reply_q":${JSON.stringify(queue)},`)
  channel.sendToQueue(topic, Buffer.from(JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': inner })))
  await expect.poll(() => replies.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(count)
  return replies.map(text => JSON.parse(text)['oslo.message'])
}

function parseFailure(reply: string | undefined): { readonly class: string; readonly message: string } {
  return JSON.parse(JSON.parse(reply ?? '{}').failure)
}

function nest(depth: number): unknown {
  let value: unknown = 'deepest'
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { value }
  return value
}

function createCircle(): object {
  const order = { lines: [{}] }
  order.lines[0] = { order }
  return order
}

const UNSENDABLE_VALUES: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['a circular object', createCircle, /lines\.0\.order" of a message is circular/],
  ['a value that is nested too deeply', () => nest(20_000), /nested more than 900 levels deep/],
  ['a Map', () => ({ item: new Map([['a', 1]]) }), /item" of a message is a Map, which cannot be encoded as JSON/],
  ['a Set in a list', () => [1, new Set([1])], /\.1" of a message is a Set/],
  ['a function', () => () => 1, /is a function/],
  ['a member that is a function', () => ({ save: () => 1 }), /save" of a message is a function/],
  ['a symbol', () => Symbol('x'), /is a symbol/],
  ['a promise in an object', () => ({ later: Promise.resolve(1) }), /later" of a message is a Promise/],
  ['an Error', () => new Error('x'), /is an Error, which cannot be encoded as JSON/],
]

describe('a value that cannot be written as JSON', () => {
  it.each(UNSENDABLE_VALUES)(
    'makes the call fail if it is the result, and is reported: %s',
    async (_, make, message) => {
      const { client, onError } = await serve({ get: make })

      await expect(client.call({}, 'get')).rejects.toThrow(message)
      expect(onError).toHaveBeenCalledTimes(1)
    },
  )

  it.each(UNSENDABLE_VALUES)('is rejected as an argument of a call and of a cast: %s', async (_, make, message) => {
    const { client } = await serve({ get: () => 1 })

    await expect(client.call({}, 'get', { value: make() })).rejects.toThrow(message)
    await expect(client.cast({ value: make() }, 'get')).rejects.toThrow(message)
  })
})

describe('a value that can be written as JSON', () => {
  it.each<[string, unknown, unknown]>([
    ['a value 800 levels deep', nest(800), nest(800)],
    ['integers around 2 ** 53', [2 ** 53 - 1, 2n ** 53n, 10n ** 18n, -(2n ** 63n)], undefined],
    ['floats', [1.5, 1e300, 1e21, Number.NaN, Number.POSITIVE_INFINITY], undefined],
    ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a member that is undefined', { a: undefined, b: 1 }, { b: 1 }],
    [
      'an instance of a class that contains a BigInt',
      new (class Order {
        id = 2n ** 60n
      })(),
      { id: 2n ** 60n },
    ],
    [
      'an object with toJSON()',
      { toJSON: (name: string) => ({ name, big: 2n ** 60n }) },
      { name: 'value', big: 2n ** 60n },
    ],
    ['wrapped numbers and strings', [Object(7), Object('a'), Object(2n)], [7, 'a', 2]],
    ['the same object twice', ((one: object) => [one, one])({ a: 1 }), undefined],
  ])('comes back as its JSON value: %s', async (_, value, expected = value) => {
    const { client } = await serve({ echo: (_context: object, args: { value: unknown }) => args.value })

    expect(await client.call({}, 'echo', { value })).toEqual(expected)
  })

  it('is read correctly if Python sends NaN, integral floats and large integers', async () => {
    const get = vi.fn()
    const { topic } = await serve({ get })

    await sendMessage(
      topic,
      '{"method":"get","args":{"a":NaN,"b":1.0,"c":1e3,"d":9007199254740993,"e":1000000000000000000,"f":7,"g":1e18}}',
    )

    const expected = { a: Number.NaN, b: 1, c: 1_000, d: 9_007_199_254_740_993n, e: 10n ** 18n, f: 7, g: 1e18 }
    expect(get.mock.calls[0]?.[1]).toStrictEqual(expected)
  })
})

describe('a call from another program', () => {
  it.each<[string, string, string]>([
    ['a version that is a number', '{"method":"get","version":5}', 'UnsupportedVersion'],
    ['a version that is a number with the right value', '{"method":"get","version":1.0}', 'UnsupportedVersion'],
    ['a version that is a list', '{"method":"get","version":["1.0"]}', 'UnsupportedVersion'],
    ['a version that is false', '{"method":"get","version":false}', 'UnsupportedVersion'],
    ['a namespace that is an object', '{"method":"get","namespace":{}}', 'UnsupportedVersion'],
    ['a namespace that is a number', '{"method":"get","namespace":0}', 'UnsupportedVersion'],
    ['a method that is a list', '{"method":["get"]}', 'NoSuchMethod'],
    ['no method', '{"args":{}}', 'NoSuchMethod'],
    ['a method that is a deeply nested list', `{"method":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 'NoSuchMethod'],
    ['arguments that are a list', '{"method":"get","args":[1]}', 'RPCDispatcherError'],
    ['arguments that are a string', '{"method":"get","args":"abc"}', 'RPCDispatcherError'],
  ])('fails with an error in the reply if it has %s', async (_, message, type) => {
    const get = vi.fn()
    const { topic } = await serve({ get, undefined: get })

    const [reply] = await sendMessage(topic, message)

    expect(parseFailure(reply).class).toBe(type)
    expect(get).not.toHaveBeenCalled()
  })

  it.each(['{"method":"get","version":null,"namespace":null,"args":null}', '{"method":"get"}'])(
    'is served without its optional members: %s',
    async message => {
      const { topic } = await serve({ get: () => 'served' })

      const [reply] = await sendMessage(topic, message)

      expect(JSON.parse(reply ?? '')).toMatchObject({ result: 'served', failure: null })
    },
  )

  it('gets a reply even if its arguments are deeply nested', async () => {
    const depth = 60_000
    const { topic } = await serve({ echo: (_context: object, args: object) => args, count: () => 'served' })
    const args = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`

    const [served] = await sendMessage(topic, `{"method":"count","args":${args}}`)
    const [echoed] = await sendMessage(topic, `{"method":"echo","args":${args}}`)

    expect(JSON.parse(served ?? '')).toMatchObject({ result: 'served' })
    expect(parseFailure(echoed).message).toContain('nested more than 900 levels deep')
  })

  it('with very long names gets a short error reply, and is reported with shortened names', async () => {
    const long = 'x'.repeat(1_000_000)
    const { topic, onError } = await serve({ get: () => 1 })

    const replies = [
      await sendMessage(topic, `{"method":"${long}"}`),
      await sendMessage(topic, `{"method":"get","version":"${long}"}`),
      await sendMessage(topic, `{"method":"get","namespace":"${long}"}`),
    ]

    for (const [reply] of replies) expect(reply?.length).toBeLessThan(2_000)
    expect(onError).toHaveBeenCalledTimes(3)
    for (const [error, call] of onError.mock.calls) {
      expect(String(error).length).toBeLessThan(1_000)
      for (const name of ['method', 'version', 'namespace']) expect(`${call[name]}`.length).toBeLessThan(300)
    }
  })

  it.each(['5e6', '1e308', 'NaN', '-5', '"5"', 'true', '[3]', '9007199254740993', '0.001'])(
    'gets a limited number of heartbeats if it requests one every %s seconds',
    async seconds => {
      const { topic } = await serve({ wait: () => new Promise(resolve => setTimeout(resolve, 300)) })

      const replies = await sendMessage(topic, `{"method":"wait","_timeout":${seconds}}`)

      expect(replies).toHaveLength(1)
      expect(JSON.parse(replies[0] ?? '')).toMatchObject({ ending: true })
    },
  )
})

describe('a call that cannot be serialized', () => {
  it.each<[string, object, object]>([
    [
      'a context whose properties cannot be read',
      {
        get user(): never {
          throw new Error('No')
        },
      },
      {},
    ],
    [
      'arguments whose properties cannot be read',
      {},
      {
        get user(): never {
          throw new Error('No')
        },
      },
    ],
    ['arguments that cannot be written as JSON', {}, { user: () => 1 }],
    ['a circular context', createCircle(), {}],
  ])('is rejected once, and causes no later unhandled rejection: %s', async (_, context, args) => {
    const { client } = await serve({ get: () => 1 })
    const onUnhandled = vi.fn()
    process.on('unhandledRejection', onUnhandled)
    onTestFinished(() => void process.off('unhandledRejection', onUnhandled))

    await expect(client.call(context, 'get', args, { timeout: 1 })).rejects.toThrow()

    // `close()` would reject calls that are still pending.
    await client.close()
    await new Promise(resolve => setTimeout(resolve, 10))
    expect(onUnhandled).not.toHaveBeenCalled()
  })
})
