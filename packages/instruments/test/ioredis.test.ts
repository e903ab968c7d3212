import { setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import type { Redis as Client } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startProxy, type Proxy as Way } from '../../../test/servers/proxy.js'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { type RedisCluster, startRedisCluster } from '../../../test/servers/redis-cluster.js'
import { type RedisSentinels, startRedisSentinels } from '../../../test/servers/redis-sentinel.js'
import { databaseCalls, waits } from './database-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { LOAD_ORDERS, traceInProgram } from './load-order.js'
import { collect, inTrace, only, until } from './traced-calls.js'

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

const VERSIONS = ['ioredis', 'ioredis-5']

describe.each(VERSIONS)('the instrument of %s', name => {
  let ioredis: typeof import('ioredis')
  let redis: Client
  const clients: { disconnect(): void }[] = []

  /** Opens a client that is connected to the server, or to the port in `options`. */
  async function open(options: object = {}): Promise<Client> {
    const client = new ioredis.Redis({ port: server.port, host: server.host, lazyConnect: true, ...options })
    client.on('error', () => undefined)
    clients.push(client)
    await client.connect()
    return client
  }

  beforeAll(async () => {
    ioredis = await import(name)
  })
  beforeEach(async () => {
    redis = await open()
    await redis.flushall()
  })
  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect()
  })

  it('records a command as a point with hidden arguments', async () => {
    instrumented()

    const { baseId, result } = await inTrace(async () => {
      await redis.set('greeting', 'hello')
      return redis.get('greeting')
    })

    expect(result).toBe('hello')
    expect(databaseCalls(records)).toEqual([{ statement: 'SET ? ?' }, { statement: 'GET ?' }])
    expect(records.map(({ base_id, parent_id }) => [base_id, parent_id])).toEqual(Array(4).fill([baseId, baseId]))
    expect(JSON.stringify(records)).not.toMatch(/greeting|hello/)
  })

  it('records arguments but no results with traceSql "values"', async () => {
    instrumented(['ioredis'], { traceSql: 'values' })
    await redis.set('answer', 'RESULT')

    await inTrace(async () => {
      await redis.get('answer')
      await redis.set('n', 1, 'EX', 60)
      await redis.set(Buffer.from('binary'), Buffer.from('1234'))
    })

    expect(databaseCalls(records)).toEqual([
      { statement: 'GET ?', params: ['answer'] },
      { statement: 'SET ? ? ? ?', params: ['n', '1', 'EX', '60'] },
      { statement: 'SET ? ?', params: ['[6 bytes]', '[4 bytes]'] },
    ])
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

    const { result } = await inTrace(async () => [
      await redis.lpush('text', 'SEALED').catch((error: Error) => error.message),
      await redis.call('NOSUCH', 'SEALED', "it's SEALED").catch((error: Error) => error.message),
    ])

    expect(result[1]).toContain('SEALED')
    expect(databaseCalls(records).map(({ message }) => message)).toEqual([
      'WRONGTYPE Operation against a key holding the wrong kind of value',
      "ERR unknown command '?', with args beginning with: ?",
    ])
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it.each(['off', 'statements', 'values'] as const)(
    'records neither passwords nor scripts with traceSql %s',
    async traceSql => {
      instrumented(['ioredis'], { traceSql })
      const failing = (...words: [string, ...string[]]) => redis.call(...words).catch(() => undefined)

      await inTrace(async () => {
        await failing('AUTH', 'SEALED')
        await failing('auth', 'user', 'SEALED')
        await failing('HELLO', '3', 'AUTH', 'user', 'SEALED')
        await failing('ACL', 'SETUSER', 'bob', 'on', '>SEALED', 'nonsense')
        await failing('CONFIG', 'SET', 'masterauth', 'SEALED')
        await failing('CONFIG', 'SET', 'SEALED', 'SEALED')
        await failing('MIGRATE', '127.0.0.1', '1', 'key', '0', '10', 'AUTH', 'SEALED')
        await failing('SCRIPT', 'LOAD', 'return "SEALED" SEALED')
        await failing('EVAL', 'SEALED return', '0')
        await failing('EVAL', 'return redis.error_reply("SEALED")', '0')
        await failing('FUNCTION', 'LOAD', 'SEALED')
        await failing('AUTH SEALED', 'SEALED')
        await redis.multi().call('AUTH', 'SEALED').call('CONFIG', 'SET', 'masterauth', 'SEALED').exec()
        await redis.pipeline().call('AUTH', 'SEALED').call('EVAL', 'SEALED', '0').exec()
        const other = new ioredis.Redis({
          port: server.port,
          password: 'SEALED',
          username: 'SEALED',
          lazyConnect: true,
        })
        other.on('error', () => undefined)
        clients.push(other)
        await other.get('x').catch(() => undefined)
      })
      await redis.call('CONFIG', 'SET', 'masterauth', '')

      expect(databaseCalls(records).length).toBeGreaterThan(14)
      expect(JSON.stringify(records)).not.toContain('SEALED')
    },
  )

  it('records a pipeline as one point with the number of commands', async () => {
    instrumented()

    await inTrace(() => redis.pipeline().set('a', 1).incr('a').get('a').exec())
    await inTrace(async () => {
      const pipeline = redis.pipeline()
      for (let index = 0; index < 12; index++) pipeline.get(`key${index}`)
      return pipeline.exec()
    })

    expect(records).toHaveLength(4)
    expect(records[0]?.info.db).toEqual({ system: 'redis', statement: 'SET ? ?; INCR ?; GET ?', batch: 3 })
    expect(records[2]?.info.db).toEqual({ system: 'redis', statement: `${'GET ?; '.repeat(10)}... 2 more`, batch: 12 })
  })

  it('records a transaction as one point, which fails if one of its commands fails', async () => {
    instrumented()

    const { result } = await inTrace(async () => {
      await redis.multi().set('a', 'x').get('a').exec()
      await redis.multi([['set', 'b', 'y']]).exec()
      return redis.multi().lpush('a', 'x').exec()
    })

    expect(result?.[0]?.[0]).toBeInstanceOf(Error)
    expect(databaseCalls(records)).toEqual([
      { statement: 'MULTI; SET ? ?; GET ?; EXEC' },
      { statement: 'MULTI; SET ? ?; EXEC' },
      { statement: 'MULTI; LPUSH ? ?; EXEC', etype: expect.any(String), message: expect.stringMatching(/^WRONGTYPE/) },
    ])
  })

  it('records each command of a transaction without a pipeline as a point', async () => {
    instrumented()

    await inTrace(async () => {
      await redis.multi({ pipeline: false })
      await redis.set('a', 'x')
      await redis.exec()
    })

    expect(databaseCalls(records).map(({ statement }) => statement)).toEqual(['MULTI', 'SET ? ?', 'EXEC'])
  })

  it('ends the point of a command that takes too long', async () => {
    instrumented()
    const hasty = await open()
    hasty.options.commandTimeout = 40

    await inTrace(() => hasty.blpop('nothing', 0).catch((error: Error) => error))

    expect(databaseCalls(records)).toEqual([{ statement: 'BLPOP ? ?', etype: 'Error', message: 'Command timed out' }])
  })

  it('records that a blocking command waits for data', async () => {
    instrumented()

    await inTrace(() => Promise.all([redis.blpop('list', 1), server.command('RPUSH', 'list', 'x')]))

    expect(only(records, 'db-start').info).toMatchObject({ db: { statement: 'BLPOP ? ?' }, wait: { for: 'data' } })
  })

  it('ends the point of a command whose connection breaks', async () => {
    instrumented()
    const cut = await open({ port: proxy.port, retryStrategy: null, autoResendUnfulfilledCommands: false })

    await inTrace(async () => {
      const answer = cut.blpop('nothing', 0).catch((error: Error) => error)
      await until(() => records.length === 1)
      proxy.cut()
      return answer
    })

    expect(databaseCalls(records)).toEqual([expect.objectContaining({ message: 'Connection is closed.' })])
  })

  it("records the wait for a connection, and not the connection's own commands", async () => {
    instrumented()
    const lazy = new ioredis.Redis({ port: server.port, db: 1, lazyConnect: true })
    clients.push(lazy)

    await inTrace(() => lazy.get('a'))

    expect(records.map(record => record.name)).toEqual(['wait-start', 'wait-stop', 'db-start', 'db-stop'])
    expect(waits(records)).toEqual(['connection'])
    expect(databaseCalls(records)).toEqual([{ statement: 'GET ?' }])
  })

  it('keeps a command out of the trace in which its connection was opened', async () => {
    instrumented(['ioredis'], { traceSql: 'values' })
    const lazy = new ioredis.Redis({ port: server.port, lazyConnect: true })
    clients.push(lazy)

    const traces = await Promise.all(
      Array.from({ length: TRACES }, (_, index) =>
        inTrace(() =>
          withTrace('work', async () => {
            await lazy.set(`key${index}`, index)
            await new Promise(resolve => setTimeout(resolve, index % 5))
            await Promise.all([lazy.get(`key${index}`), lazy.pipeline().incr(`key${index}`).exec()])
          }),
        ),
      ),
    )

    for (const [index, { baseId }] of traces.entries()) {
      const own = records.filter(record => record.base_id === baseId)
      const work = only(own, 'work-start').trace_id
      const key = `key${index}`
      expect(waits(own)).toEqual(['connection'])
      expect(databaseCalls(own).map(({ params }) => params)).toEqual([[key, String(index)], [key], [[key]]])
      for (const record of own) if (/^(?:db|wait)-/.test(record.name)) expect(record.parent_id).toBe(work)
    }
    expect(records).toHaveLength(TRACES * 10)
  })

  it('keeps commands in their own traces even if ioredis puts them into one pipeline', async () => {
    instrumented(['ioredis'], { traceSql: 'values' })
    const automatic = await open({ enableAutoPipelining: true })

    const traces = await Promise.all(
      Array.from({ length: TRACES }, (_, index) => inTrace(() => automatic.get(`key${index}`))),
    )

    for (const [index, { baseId }] of traces.entries()) {
      const own = records.filter(record => record.base_id === baseId)
      expect(databaseCalls(own)).toEqual([{ statement: 'GET ?', params: [`key${index}`] }])
    }
  })

  it('keeps later messages out of the trace of the code that subscribed to them', async () => {
    instrumented()
    const subscriber = new ioredis.Redis({ port: server.port })
    clients.push(subscriber)
    const heard: string[] = []

    await inTrace(async () => {
      subscriber.on('message', () => void redis.get('a').then(() => heard.push('message')))
      await subscriber.subscribe('news')
      await server.command('PUBLISH', 'news', 'x')
      await until(() => heard.length === 1)
    })

    expect(databaseCalls(records).map(({ statement }) => statement)).toEqual(['SUBSCRIBE ?'])
  })

  it('records one point for a command that a cluster redirects', async () => {
    instrumented()
    const [first] = cluster.nodes
    const client = new ioredis.Cluster([{ host: '127.0.0.1', port: Number(first?.port) }])
    clients.push(client)
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']

    await inTrace(async () => {
      for (const key of keys) await client.set(key, 'x')
      await client.pipeline().get('{a}1').get('{a}2').exec()
    })

    expect(databaseCalls(records)).toEqual([
      ...keys.map(() => ({ statement: 'SET ? ?' })),
      { statement: 'GET ?; GET ?' },
    ])
  })

  it("does not record the client's own requests to Sentinels", async () => {
    instrumented()
    const client = new ioredis.Redis({
      sentinels: sentinels.sentinels.map(({ host, port }) => ({ host, port })),
      name: 'mymaster',
    })
    clients.push(client)

    await inTrace(() => client.set('a', 'x'))

    expect(databaseCalls(records)).toEqual([{ statement: 'SET ? ?' }])
  })

  it('leaves an unhandled rejection unhandled', async () => {
    instrumented()
    const unhandled: unknown[] = []
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', error => unhandled.push(error))

    await inTrace(async () => {
      void redis.call('NOSUCH')
      await until(() => unhandled.length > 0)
    })

    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
    expect(unhandled).toHaveLength(1)
  })

  it('records nothing outside a trace', async () => {
    instrumented()

    await redis.set('a', 'x')
    await redis.multi().get('a').exec()

    expect(records).toEqual([])
  })

  it('records one point per command after two calls of instrument(), and no point after both are undone', async () => {
    const { sendCommand } = ioredis.Redis.prototype
    const first = instrumented()
    const second = instrumented()

    await inTrace(() => redis.get('a'))
    first()
    await inTrace(() => redis.get('a'))
    second()
    await inTrace(() => redis.get('a'))

    expect(databaseCalls(records)).toHaveLength(2)
    expect(ioredis.Redis.prototype.sendCommand).toBe(sendCommand)
  })

  it.each(LOAD_ORDERS)('finds the library in every load order: %s %s instrument()', async (...order) => {
    const work = `const redis = new library.Redis(${server.port}); await redis.set('a', 1); await redis.get('a')`

    const told = await traceInProgram(order, name, work)

    expect(told).toEqual(['wait-start', 'wait-stop', 'db-start SET ? ?', 'db-stop', 'db-start GET ?', 'db-stop'])
  })
})
