import { setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startProxy, type Proxy as Way } from '../../../test/servers/proxy.js'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { type RedisCluster, startRedisCluster } from '../../../test/servers/redis-cluster.js'
import { type RedisSentinels, startRedisSentinels } from '../../../test/servers/redis-sentinel.js'
import { databaseCalls, waits } from './database-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { LOAD_ORDERS, traceInProgram } from './load-order.js'
import { collect, inTrace, only, until } from './traced-calls.js'

type NodeRedis = typeof import('redis')
type Client = ReturnType<NodeRedis['createClient']>

const TRACES = 200

let server: RedisServer
let cluster: RedisCluster
let sentinels: RedisSentinels
let proxy: Way
let records: TraceRecord[]

beforeAll(async () => {
  ;[server, cluster, sentinels] = await Promise.all([startRedis(), startRedisCluster(), startRedisSentinels()])
  proxy = await startProxy(server)
})
afterAll(() => Promise.all([proxy.stop(), server.stop(), cluster.stop(), sentinels.stop()]))
beforeEach(() => {
  records = collect()
})
afterEach(async () => {
  undoInstruments()
  setNotifier(undefined)
  await proxy.heal()
})

const VERSIONS = ['redis', 'redis-5']

describe.each(VERSIONS)('the instrument of %s', name => {
  let library: NodeRedis
  let redis: Client
  const clients: { destroy(): unknown }[] = []

  /** Creates a client that is closed after the test. */
  function create(options: Parameters<NodeRedis['createClient']>[0] = {}): Client {
    const client = library.createClient({ url: server.url, ...options }) as Client
    client.on('error', () => undefined)
    clients.push(client)
    return client
  }

  beforeAll(async () => {
    library = await import(name)
  })
  beforeEach(async () => {
    redis = create()
    await redis.connect()
    await redis.flushAll()
  })
  afterEach(() => {
    for (const client of clients.splice(0)) {
      try {
        client.destroy()
      } catch {
        // The client may already be closed.
      }
    }
  })

  it('records a command as a point with hidden arguments', async () => {
    instrumented()

    const { baseId, result } = await inTrace(async () => {
      await redis.set('greeting', 'hello')
      await redis.hSet('hash', { field: 'hello' })
      return redis.get('greeting')
    })

    expect(result).toBe('hello')
    const statements = databaseCalls(records).map(({ statement }) => statement)
    expect(statements).toEqual(['SET ? ?', 'HSET ? ? ?', 'GET ?'])
    expect(records.map(({ base_id, parent_id }) => [base_id, parent_id])).toEqual(Array(6).fill([baseId, baseId]))
    expect(JSON.stringify(records)).not.toMatch(/greeting|hello|hash/)
  })

  it('records arguments but no results with traceSql "values"', async () => {
    instrumented(['redis'], { traceSql: 'values' })
    await redis.set('answer', 'RESULT')

    await inTrace(() => redis.get('answer'))

    expect(databaseCalls(records)).toEqual([{ statement: 'GET ?', params: ['answer'] }])
    expect(JSON.stringify(records)).not.toContain('RESULT')
  })

  it('records concurrent commands as siblings in the surrounding point', async () => {
    instrumented()

    await inTrace(() => withTrace('outer', () => Promise.all([redis.get('a'), redis.get('b'), redis.get('c')])))

    const outer = only(records, 'outer-start').trace_id
    const starts = records.filter(record => record.name === 'db-start')
    expect(starts.map(({ parent_id }) => parent_id)).toEqual([outer, outer, outer])
    expect(records.slice(1, 4)).toEqual(starts)
  })

  it("records a command's error without the command's arguments", async () => {
    instrumented()
    await redis.set('text', 'x')

    await inTrace(async () => {
      await redis.lPush('text', 'SEALED').catch(() => undefined)
      await redis.sendCommand(['NOSUCH', 'SEALED', "it's SEALED"]).catch(() => undefined)
    })

    expect(databaseCalls(records).map(({ message }) => message)).toEqual([
      'WRONGTYPE Operation against a key holding the wrong kind of value',
      "ERR unknown command '?', with args beginning with: ?",
    ])
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it.each(['off', 'statements', 'values'] as const)(
    'records neither passwords nor scripts with traceSql %s',
    async traceSql => {
      instrumented(['redis'], { traceSql })
      const failing = (...words: string[]) => redis.sendCommand(words).catch(() => undefined)

      await inTrace(async () => {
        await failing('AUTH', 'SEALED')
        await failing('HELLO', '3', 'AUTH', 'user', 'SEALED')
        await failing('acl', 'SETUSER', 'bob', 'on', '>SEALED', 'nonsense')
        await redis.configSet('masterauth', 'SEALED')
        await failing('MIGRATE', '127.0.0.1', '1', 'key', '0', '10', 'AUTH', 'SEALED')
        await redis.scriptLoad('return "SEALED"')
        await redis.eval('return redis.error_reply("SEALED")').catch(() => undefined)
        await redis
          .multi()
          .addCommand(['AUTH', 'SEALED'])
          .exec()
          .catch(() => undefined)
        await redis
          .multi()
          .addCommand(['AUTH', 'SEALED'])
          .execAsPipeline()
          .catch(() => undefined)
        const url = `redis://SEALED:SEALED@127.0.0.1:${server.port}`
        await create({ url, socket: { reconnectStrategy: false } })
          .connect()
          .catch(() => undefined)
      })
      await redis.configSet('masterauth', '')

      expect(databaseCalls(records)).toHaveLength(9)
      expect(JSON.stringify(records)).not.toContain('SEALED')
    },
  )

  it('records each pipeline and each transaction as one point with the number of its commands', async () => {
    instrumented()

    await inTrace(async () => {
      await redis.multi().set('a', 'x').get('a').execAsPipeline()
      await redis.multi().set('a', 'x').get('a').exec()
      await redis
        .multi()
        .lPush('a', 'x')
        .exec()
        .catch(() => undefined)
    })

    const starts = records.filter(record => record.name === 'db-start')
    expect(starts.map(({ info }) => info.db)).toEqual([
      { system: 'redis', statement: 'SET ? ?; GET ?', batch: 2 },
      { system: 'redis', statement: 'MULTI; SET ? ?; GET ?; EXEC', batch: 2 },
      { system: 'redis', statement: 'MULTI; LPUSH ? ?; EXEC', batch: 1 },
    ])
    expect(databaseCalls(records)[2]).toMatchObject({ message: expect.stringMatching(/^WRONGTYPE/) })
  })

  it('ends the point of a command that is aborted before it is sent', async () => {
    instrumented()
    const controller = new AbortController()

    await inTrace(() => {
      const answer = redis
        .withAbortSignal(controller.signal)
        .get('a')
        .catch((error: Error) => error)
      controller.abort()
      return answer
    })

    expect(databaseCalls(records)).toEqual([expect.objectContaining({ statement: 'GET ?', etype: 'AbortError' })])
  })

  it('ends the point of a command whose connection breaks', async () => {
    instrumented()
    const cut = create({ url: `redis://127.0.0.1:${proxy.port}`, socket: { reconnectStrategy: false } })
    await cut.connect()

    await inTrace(async () => {
      const answer = cut.blPop('nothing', 0).catch((error: Error) => error)
      await until(() => records.length === 1)
      await new Promise(resolve => setTimeout(resolve, 20))
      proxy.cut()
      return answer
    })

    expect(databaseCalls(records)).toEqual([
      expect.objectContaining({ statement: 'BLPOP ? ?', etype: expect.any(String) }),
    ])
    expect(records[0]?.info.wait).toEqual({ for: 'data' })
  })

  it('ends the point of a command that takes too long', async () => {
    instrumented()
    const hasty = create({
      url: `redis://127.0.0.1:${proxy.port}`,
      socket: { reconnectStrategy: false, socketTimeout: 1_000 },
    })
    await hasty.connect()

    await inTrace(() => hasty.blPop('nothing', 0).catch((error: Error) => error))

    expect(databaseCalls(records)).toEqual([
      expect.objectContaining({ statement: 'BLPOP ? ?', etype: expect.any(String) }),
    ])
  })

  it('fails the point of a command on a closed client', async () => {
    instrumented()

    await inTrace(() =>
      create()
        .get('a')
        .catch((error: Error) => error),
    )

    expect(databaseCalls(records)).toEqual([expect.objectContaining({ etype: 'ClientClosedError' })])
  })

  it("records the wait for a connection, and not the connection's own commands", async () => {
    instrumented()
    const slow = create({ url: `redis://127.0.0.1:${proxy.port}/1`, name: 'shop' })
    proxy.delay(20)

    await inTrace(async () => {
      const connected = slow.connect()
      await slow.get('a')
      await connected
    })

    expect(records.map(record => record.name)).toEqual(['wait-start', 'wait-stop', 'db-start', 'db-stop'])
    expect(waits(records)).toEqual(['connection'])
  })

  it('keeps commands on one connection in their own traces, even while the connection is being opened', async () => {
    instrumented(['redis'], { traceSql: 'values' })
    const client = create()
    const opened = inTrace(() => client.connect())

    const traces = await Promise.all(
      Array.from({ length: TRACES }, (_, index) =>
        inTrace(() =>
          withTrace('work', async () => {
            await client.set(`key${index}`, String(index))
            await new Promise(resolve => setTimeout(resolve, index % 5))
            await Promise.all([client.get(`key${index}`), client.multi().incr(`key${index}`).exec()])
          }),
        ),
      ),
    )
    await opened

    for (const [index, { baseId }] of traces.entries()) expectOwn(baseId, `key${index}`, String(index))
    expect(records).toHaveLength(TRACES * 10)
  })

  it('keeps commands in their own traces in a pool of one connection, and records their waits', async () => {
    instrumented(['redis'], { traceSql: 'values' })
    const pool = library.createClientPool({ url: server.url }, { minimum: 1, maximum: 1 })
    pool.on('error', () => undefined)
    clients.push(pool)
    await pool.connect()

    const traces = await Promise.all(
      Array.from({ length: TRACES }, (_, index) =>
        inTrace(() =>
          withTrace('work', async () => {
            await pool.set(`key${index}`, String(index))
            await new Promise(resolve => setTimeout(resolve, index % 5))
            await Promise.all([pool.get(`key${index}`), pool.multi().incr(`key${index}`).exec()])
          }),
        ),
      ),
    )

    for (const [index, { baseId }] of traces.entries()) expectOwn(baseId, `key${index}`, String(index))
    expect(waits(records).length).toBeGreaterThan(TRACES)
    expect(new Set(waits(records))).toEqual(new Set(['pool']))
  })

  /**
   * Expects a trace to contain only its own records: a `SET`, a `GET` and a transaction, all below its point `work`.
   */
  function expectOwn(baseId: string, key: string, value: string): void {
    const own = records.filter(record => record.base_id === baseId)
    const work = only(own, 'work-start').trace_id
    expect(databaseCalls(own).map(({ params }) => params)).toEqual([[key, value], [key], [[key]]])
    for (const record of own) if (/^(?:db|wait)-/.test(record.name)) expect(record.parent_id).toBe(work)
  }

  it('ends the point `wait` of a call that gets no connection from the pool in time', async () => {
    instrumented()
    const pool = library.createClientPool({ url: server.url }, { minimum: 1, maximum: 1, acquireTimeout: 30 })
    pool.on('error', () => undefined)
    clients.push(pool)
    await pool.connect()

    await inTrace(async () => {
      const blocked = pool.blPop('nothing', 0)
      await pool.get('a').catch((error: Error) => error)
      await server.command('RPUSH', 'nothing', 'x')
      await blocked
    })

    expect(only(records, 'wait-stop').info).toMatchObject({ etype: 'TimeoutError' })
    expect(databaseCalls(records)).toEqual([{ statement: 'BLPOP ? ?' }])
  })

  it('keeps later messages out of the trace of the code that subscribed to them', async () => {
    instrumented()
    const subscriber = create()
    const heard: string[] = []

    await inTrace(async () => {
      await subscriber.connect()
      await subscriber.subscribe('news', () => void redis.get('a').then(() => heard.push('message')))
      await server.command('PUBLISH', 'news', 'x')
      await until(() => heard.length === 1)
    })

    expect(databaseCalls(records).map(({ statement }) => statement)).toEqual(['SUBSCRIBE ?'])
  })

  it('records subscribing and unsubscribing as points, even for a client that already exists', async () => {
    const subscriber = create()
    await subscriber.connect()
    instrumented(['redis'], { traceSql: 'values' })
    const listener = () => undefined

    const { baseId } = await inTrace(async () => {
      await subscriber.subscribe(['news', 'weather'], listener)
      await subscriber.pSubscribe('n*', listener)
      await subscriber.sSubscribe('sharded', listener)
      await subscriber.SUNSUBSCRIBE('sharded')
      await subscriber.pUnsubscribe('n*')
      await subscriber.unsubscribe('news')
    })

    expect(databaseCalls(records)).toEqual([
      { statement: 'SUBSCRIBE ? ?', params: ['news', 'weather'] },
      { statement: 'PSUBSCRIBE ?', params: ['n*'] },
      { statement: 'SSUBSCRIBE ?', params: ['sharded'] },
      { statement: 'SUNSUBSCRIBE ?', params: ['sharded'] },
      { statement: 'PUNSUBSCRIBE ?', params: ['n*'] },
      { statement: 'UNSUBSCRIBE ?', params: ['news'] },
    ])
    expect(records.map(({ parent_id }) => parent_id)).toEqual(Array(12).fill(baseId))
  })

  it('records no point for a subscription if nothing is sent to the server', async () => {
    instrumented()
    const subscriber = create()
    await subscriber.connect()
    const heard: string[] = []
    await subscriber.subscribe('news', message => heard.push(`first ${message}`))

    await inTrace(() => subscriber.subscribe('news', message => heard.push(`second ${message}`)))
    await server.command('PUBLISH', 'news', 'x')
    await until(() => heard.length === 2)

    expect(heard).toEqual(['first x', 'second x'])
    expect(records).toEqual([])
  })

  it("fails the point of a refused subscription without recording the channel's name", async () => {
    await server.command('ACL', 'SETUSER', 'narrow', 'on', '>secret', '+@all', 'resetchannels')
    instrumented()
    const subscriber = create({ username: 'narrow', password: 'secret' })
    await subscriber.connect()

    const { result } = await inTrace(() =>
      subscriber.subscribe('SEALED', () => undefined).catch((error: Error) => error),
    )

    expect(result).toBeInstanceOf(Error)
    expect(databaseCalls(records)).toEqual([
      { statement: 'SUBSCRIBE ?', etype: expect.any(String), message: expect.stringContaining('NOPERM') },
    ])
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('records a successful point for each cluster node that receives a command', async () => {
    instrumented()
    const client = library.createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) })
    client.on('error', () => undefined)
    clients.push(client)
    await client.connect()
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']

    await inTrace(async () => {
      for (const key of keys) await client.set(key, 'x')
    })

    expect(databaseCalls(records)).toEqual(keys.map(() => ({ statement: 'SET ? ?' })))
  })

  it("does not record the client's own requests to Sentinels", async () => {
    instrumented()
    const client = library.createSentinel({
      name: 'mymaster',
      sentinelRootNodes: sentinels.sentinels.map(({ host, port }) => ({ host, port })),
    })
    client.on('error', () => undefined)
    clients.push(client)

    await inTrace(async () => {
      await client.connect()
      await client.set('a', 'x')
    })

    expect(databaseCalls(records)).toEqual([{ statement: 'SET ? ?' }])
  })

  it('leaves an unhandled rejection unhandled, so that it is reported once', async () => {
    instrumented()
    const unhandled: unknown[] = []
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', error => unhandled.push(error))

    await inTrace(async () => {
      void redis.sendCommand(['NOSUCH'])
      await until(() => unhandled.length > 0)
      await redis.get('a')
    })

    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
    expect(unhandled).toHaveLength(1)
    await until(() => records.filter(({ name }) => name === 'db-stop').length === 2)
  })

  it('records nothing outside a trace', async () => {
    instrumented()

    await redis.set('a', 'x')
    await redis.multi().get('a').exec()

    expect(records).toEqual([])
  })

  it('records one point per command after two calls of instrument(), and no point after both are undone', async () => {
    const first = instrumented()
    const second = instrumented()

    await inTrace(() => redis.get('a'))
    first()
    await inTrace(() => redis.get('a'))
    second()
    await inTrace(() => redis.get('a'))

    expect(databaseCalls(records)).toHaveLength(2)
  })

  it.each(LOAD_ORDERS)('finds the library in every load order: %s %s instrument()', async (...order) => {
    const work = `
      const redis = library.createClient({ url: '${server.url}' })
      await redis.connect(); await redis.set('a', '1'); await redis.get('a')`

    const told = await traceInProgram(order, name, work)

    expect(told).toEqual(['db-start SET ? ?', 'db-stop', 'db-start GET ?', 'db-stop'])
  })
})
