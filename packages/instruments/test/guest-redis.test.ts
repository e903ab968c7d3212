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
  'an ioredis command': note => notePromise(ioredis.get('text'), note),
  'an ioredis command that fails': note => notePromise(ioredis.incr('text'), note),
  'an ioredis command whose failure is unhandled': async note => {
    void ioredis.incr('text')
    await notePromise(ioredis.get('text'), note)
  },
  'an ioredis command with a callback': note =>
    new Promise(resolve => ioredis.get('text', (error, value) => resolve(note(`${error} ${value}`)))),
  'an ioredis pipeline': note => notePromise(ioredis.pipeline().get('text').incr('text').exec(), note),
  'an ioredis transaction': note => notePromise(ioredis.multi().get('text').exec(), note),
  'a node-redis command': note => notePromise(redis.get('text'), note),
  'a node-redis command that fails': note => notePromise(redis.incr('text'), note),
  'a node-redis command whose failure is unhandled': async note => {
    void redis.incr('text')
    await notePromise(redis.get('text'), note)
  },
  'a node-redis transaction': note => notePromise(redis.multi().get('text').exec(), note),
  'a node-redis pipeline that fails': note => notePromise(redis.multi().incr('text').execAsPipeline(), note),
  'a command of a node-redis pool': note => notePromise(pool.get('text'), note),
  'two concurrent commands of a node-redis pool': async note => {
    await Promise.all([notePromise(pool.get('text'), note), notePromise(pool.get('text'), note)])
  },
  'a function that a node-redis pool runs': note =>
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

  it.each(['untraced', 'traced'])('behaves the same with and without the instrument: %s', async how => {
    await watchCall(call)
    const plain = await watchCall(call)
    const records = collect()
    instrumented(['ioredis', 'redis'])

    const watched = how === 'traced' ? (await inTrace(() => watchCall(call))).result : await watchCall(call)

    expect(watched).toEqual(plain)
    // A point from an earlier test may stop only now, so only start records are checked.
    expect(records.some(record => record.name.endsWith('-start'))).toBe(how === 'traced')
  })
})
