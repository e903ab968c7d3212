import { createRequire } from 'node:module'
import { get, setNotifier, type TraceRecord } from '@osprofiler/core'
import type * as CallbackApi from 'amqplib/callback_api'
import { Cluster, Redis } from 'ioredis'
import { createClientPool, createCluster } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { type RedisCluster, startRedisCluster } from '../../../test/servers/redis-cluster.js'
import { type SharedServer, shareRabbitmq } from '../../../test/servers/share.js'
import { databaseCalls } from './database-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { findStrays, type Opened, type See, type Step, untilDone } from './mixed-callers.js'
import { collect, inTrace, until } from './traced-calls.js'

let redis: RedisServer | undefined
let cluster: RedisCluster | undefined
let rabbitmq: SharedServer | undefined
let records: TraceRecord[]

beforeAll(async () => {
  ;[redis, cluster, rabbitmq] = await Promise.all([startRedis(), startRedisCluster(), shareRabbitmq()])
})
afterAll(() => Promise.all([redis?.stop(), cluster?.stop(), rabbitmq?.stop()]))
beforeEach(() => {
  records = collect()
  instrumented()
})
afterEach(() => {
  undoInstruments()
  setNotifier(undefined)
})

/** Resolves when `run` calls its callback. Calls `see` inside the callback. */
function seen(see: See, run: (callback: () => void) => unknown): Promise<void> {
  return untilDone(done =>
    run(() => {
      see('the callback')
      done()
    }),
  )
}

function openIoredis(options: object): Opened {
  const client = new Redis(redis?.url ?? '', { ...options, lazyConnect: true })
  return {
    first: () => client.connect(),
    close: () => client.quit(),
    steps: {
      'a command, with a callback': see => seen(see, done => client.get('key', done)),
      'a command that fails, with a callback': see => seen(see, done => client.call('NOTHING', done)),
      'a pipeline, with a callback': see => seen(see, done => client.pipeline().get('key').exec(done)),
      'a callback in a pipeline': see => seen(see, done => client.pipeline().get('key', done).exec()),
      'a transaction, with a callback': see => seen(see, done => client.multi().get('key').exec(done)),
      'a scan as a stream': see =>
        untilDone(done => {
          const stream = client.scanStream()
          stream.on('data', () => see('the event data'))
          stream.on('end', () => {
            see('the event end')
            done()
          })
        }),
    },
  }
}

function openNodeRedis(): Opened {
  const pool = createClientPool({ url: redis?.url ?? '' }, { maximum: 1 })
  return {
    first: () => pool.connect(),
    close: () => pool.close(),
    steps: {
      'a command': async see => {
        await pool.get('key')
        see('after the command')
      },
      'a function that receives a client': see =>
        pool.execute(async client => {
          see('the function')
          await client.get('key')
          see('after the command')
        }),
    },
  }
}

function openAmqplib(name: string): Opened {
  const library: typeof CallbackApi = createRequire(import.meta.url)(`${name}/callback_api`)
  let connection: CallbackApi.Connection
  let channel: CallbackApi.ConfirmChannel
  let strayEvents: unknown[] = []
  return {
    async first() {
      await untilDone((done, failed) =>
        library.connect(rabbitmq?.url ?? '', (error, opened) => {
          if (error) return failed(error)
          connection = opened
          connection.createConfirmChannel((refused, created) => {
            if (refused) return failed(refused)
            channel = created
            channel.on('return', () => strayEvents.push(get()))
            channel.assertQueue('callers', {}, done)
          })
        }),
      )
    },
    close: () => untilDone(done => connection.close(done)),
    steps: {
      'declaring a queue': see => seen(see, done => channel.assertQueue('callers', {}, done)),
      'checking a queue': see => seen(see, done => channel.checkQueue('callers', done)),
      'getting a message': see => seen(see, done => channel.get('callers', { noAck: true }, done)),
      'publishing a message that is confirmed': see =>
        seen(see, done => channel.sendToQueue('callers', Buffer.from('1'), {}, done)),
      'waiting for confirmations': async see => {
        channel.sendToQueue('callers', Buffer.from('1'))
        await seen(see, done => channel.waitForConfirms(done))
      },
      'creating another channel': see =>
        seen(see, done =>
          connection.createChannel((_error, own) => {
            see('the channel')
            own.close(done)
          }),
        ),
      'publishing a message that the broker returns': async see => {
        strayEvents = []
        await seen(see, done => channel.publish('', 'nowhere', Buffer.from('1'), { mandatory: true }, done))
        if (strayEvents.some(profiler => profiler !== undefined)) throw new Error('Returned within a trace')
      },
    },
  }
}

const LIBRARIES: Readonly<Record<string, () => Opened>> = {
  ioredis: () => openIoredis({}),
  'ioredis with automatic pipelines': () => openIoredis({ enableAutoPipelining: true }),
  'a node-redis pool': openNodeRedis,
  amqplib: () => openAmqplib('amqplib'),
  'amqplib 0': () => openAmqplib('amqplib-0'),
  'amqplib 1': () => openAmqplib('amqplib-1'),
}

describe.each(Object.keys(LIBRARIES))('%s', library => {
  const open = LIBRARIES[library] as () => Opened
  let opened: Opened

  // Each test opens its connection within a trace. A callback that runs in the wrong context would run in this trace.
  beforeEach(async () => {
    opened = open()
    await inTrace(opened.first)
  })
  afterEach(() => opened.close())

  it.each(Object.keys(open().steps))('runs each callback in the context of its own caller: %s', async name => {
    const strays = await findStrays(opened.steps[name] as Step)

    expect(strays).toEqual([])
  })
})

describe('a client of a Redis cluster', () => {
  const SLOT_OF_A = '15495'
  let owner = 2

  /** Moves the slot of `{a}` from its node to another node. The clients are not notified. */
  async function moveSlot(): Promise<void> {
    const nodes = cluster?.nodes ?? []
    const ids = await Promise.all(nodes.map(async node => (await node.command('CLUSTER', 'MYID')).trim()))
    const [from, to] = [owner, (owner + 1) % nodes.length]
    const [fromId, toId] = [ids[from] ?? '', ids[to] ?? '']
    const set = (index: number, ...args: string[]) => nodes[index]?.command('CLUSTER', 'SETSLOT', SLOT_OF_A, ...args)
    // Cluster tools use this order, because it ensures that the other nodes accept the new owner.
    await set(to, 'IMPORTING', fromId)
    await set(from, 'MIGRATING', toId)
    await set(to, 'NODE', toId)
    await set(from, 'NODE', toId)
    owner = to
  }

  it.each(['ioredis', 'node-redis'])(
    'asks for the current slots outside the trace of the command that reached a moved slot: %s',
    async name => {
      const nodes = (cluster?.nodes ?? []).map(({ host, port }) => ({ host, port }))
      const client =
        name === 'ioredis'
          ? new Cluster(nodes)
          : createCluster({ rootNodes: nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` })) })
      if (!(client instanceof Cluster)) await client.connect()
      await client.get('{a}1')
      await moveSlot()

      await inTrace(async () => await client.get('{a}2'))
      await until(() => databaseCalls(records).length > 0)
      await (client instanceof Cluster ? client.quit() : client.close())

      const statements = databaseCalls(records).map(({ statement }) => statement)
      expect(new Set(statements)).toEqual(new Set(['GET ?']))
    },
  )
})
