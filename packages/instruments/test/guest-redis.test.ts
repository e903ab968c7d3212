import { setNotifier } from '@osprofiler/core'
import { Redis } from 'ioredis'
import { createClient, createClientPool } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { type Call, notePromise, watchCall } from './guest-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { collect, inTrace } from './traced-calls.js'

let server: RedisServer
let ioredis: Redis
let redis: ReturnType<typeof createClient>
let pool: ReturnType<typeof createClientPool>

beforeAll(async () => {
  server = await startRedis()
  ioredis = new Redis({ port: server.port, host: server.host, lazyConnect: true })
  redis = createClient({ url: server.url })
  pool = createClientPool({ url: server.url }, { minimum: 1, maximum: 1 })
  await Promise.all([ioredis.connect(), redis.connect(), pool.connect()])
  await redis.set('text', 'value')
})
afterAll(async () => {
  ioredis.disconnect()
  redis.destroy()
  pool.destroy()
  await server.stop()
})
afterEach(() => {
  undoInstruments()
  setNotifier(undefined)
})

const CALLS: Readonly<Record<string, Call>> = {
  'a command of ioredis': note => notePromise(ioredis.get('text'), note),
  'a command of ioredis that fails': note => notePromise(ioredis.incr('text'), note),
  'a command of ioredis that fails, which nobody handles': async note => {
    void ioredis.incr('text')
    await notePromise(ioredis.get('text'), note)
  },
  'a command of ioredis with a callback': note =>
    new Promise(resolve => ioredis.get('text', (error, value) => resolve(note(`${error} ${value}`)))),
  'a pipeline of ioredis': note => notePromise(ioredis.pipeline().get('text').incr('text').exec(), note),
  'a transaction of ioredis': note => notePromise(ioredis.multi().get('text').exec(), note),
  'a command of node-redis': note => notePromise(redis.get('text'), note),
  'a command of node-redis that fails': note => notePromise(redis.incr('text'), note),
  'a command of node-redis that fails, which nobody handles': async note => {
    void redis.incr('text')
    await notePromise(redis.get('text'), note)
  },
  'a transaction of node-redis': note => notePromise(redis.multi().get('text').exec(), note),
  'a pipeline of node-redis that fails': note => notePromise(redis.multi().incr('text').execAsPipeline(), note),
  'a command of a pool of node-redis': note => notePromise(pool.get('text'), note),
  'two commands of a pool of node-redis at once': async note => {
    await Promise.all([notePromise(pool.get('text'), note), notePromise(pool.get('text'), note)])
  },
  'what a pool of node-redis is given to run': note =>
    notePromise(
      pool.execute(async client => {
        note('runs')
        return client.get('text')
      }),
      note,
    ),
}

describe.each(Object.keys(CALLS))('%s', name => {
  const call = CALLS[name] ?? (() => Promise.resolve())

  it.each(['untraced', 'traced'])('behaves the same with the instrument, %s', async how => {
    await watchCall(call)
    const plain = await watchCall(call)
    const records = collect()
    instrumented(['ioredis', 'redis'])

    const watched = how === 'traced' ? (await inTrace(() => watchCall(call))).result : await watchCall(call)

    expect(watched).toEqual(plain)
    // A point of an earlier test may stop as late as this, so only starts are checked.
    expect(records.some(record => record.name.endsWith('-start'))).toBe(how === 'traced')
  })
})
