import { lookup } from 'node:dns'
import { once } from 'node:events'
import { createNotifier, type Driver } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it, onTestFailed, onTestFinished, vi } from 'vitest'
import { startProxy } from '../../../test/servers/proxy.js'
import { type RabbitmqServer, startRabbitmq } from '../../../test/servers/rabbitmq.js'
import { connectToBroker } from '../src/messaging/connection.js'
import { scanQueue } from '../src/messaging/scan.js'
import { readMessagingSettings } from '../src/messaging/url.js'
import { finish, startFixture } from './child.js'
import { describeDriver } from './driver-contract.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { refusalOf } from './refusal-of.js'

const QUEUE = 'profiler.info'
/** The time limit for an action on a busy machine. */
const ACTION_TIMEOUT_MS = 30_000
/**
 * The time limit of tests that start a broker or run `rabbitmqctl`. Both start an Erlang runtime, which takes a long time
 * on a busy machine.
 */
const COMMAND_TEST_TIMEOUT_MS = 300_000

let server: RabbitmqServer
beforeAll(async () => {
  server = await startRabbitmq({ password: 'p@ss/w:rd' })
})
afterAll(() => server.stop())

const QUORUM = { 'x-queue-type': 'quorum' }

describeDriver('messaging', createStore)

/** Deletes the queue with the notifications of earlier tests. Returns the connection string. */
async function createStore(): Promise<string> {
  const client = await connect(server.url)
  const channel = await client.createChannel()
  await channel.deleteQueue(QUEUE)
  await client.close()
  return toConnectionString(server)
}

function toConnectionString({ host, port }: { readonly host: string; readonly port: number }): string {
  return `messaging://osprofiler:${encodeURIComponent('p@ss/w:rd')}@${host}:${port}/`
}

describe('messaging:// over RabbitMQ', () => {
  it('sends notifications, in a form that oslo.messaging accepts, to a queue that has no listener yet', async () => {
    const driver = open(await createStore())
    const record = makeRecord({ service: 'orders', info: { host: 'web-1', note: 'é\ud800\0' } })

    await driver.write([record])

    const [message] = await takeAll()
    const envelope = JSON.parse(String(message?.content))
    const notification = JSON.parse(envelope['oslo.message'])
    expect(message?.fields).toMatchObject({ exchange: 'openstack', routingKey: QUEUE })
    expect(message?.properties).toMatchObject({ contentType: 'application/json', contentEncoding: 'utf-8' })
    expect(envelope['oslo.version']).toBe('2.0')
    expect(notification).toMatchObject({
      event_type: 'profiler.orders',
      publisher_id: 'web-1',
      priority: 'INFO',
      payload: record,
      message_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+$/),
    })
  })

  it('reads records in the order in which they were written, without removing them', async () => {
    const driver = open(await createStore())
    const [one, other] = [makeTrace(700), makeTrace(700)]
    await driver.write(one.flatMap((record, index) => [record, other[index] ?? record]))

    for (let time = 0; time < 3; time++) expect(await readAll(driver, one[0]?.base_id ?? '')).toEqual(one)

    const left = (await takeAll()).map(({ content }) => JSON.parse(JSON.parse(String(content))['oslo.message']).payload)
    expect(left).toEqual(one.flatMap((record, index) => [record, other[index]]))
  })

  it('leaves messages that are not from a profiler in the queue', async () => {
    const driver = open(await createStore())
    const record = makeRecord()
    await driver.write([record])
    const foreign = ['no json', '{}', '[]', '{"oslo.message": "{"}', '{"payload": {"base_id": 7}}', '']
    await publish(foreign)

    const found = await driver.listTraces?.()
    const removed = await driver.pruneTraces?.(new Date('2100-01-01'))

    expect(found?.map(({ base_id }) => base_id)).toEqual([record.base_id])
    expect(removed).toBe(1)
    expect((await takeAll()).map(({ content }) => String(content))).toEqual(foreign)
  })

  it('reads notifications of format 1.0, which Python sends', async () => {
    const driver = open(await createStore())
    const record = makeRecord()
    await driver.write([])
    await driver.write([makeRecord()])
    await publish([JSON.stringify({ event_type: 'profiler.x', publisher_id: 'h', priority: 'INFO', payload: record })])

    expect(await readAll(driver, record.base_id)).toEqual([record])
  })

  it('rejects a read of a queue that is too long, and removes no message', async () => {
    const connectionString = await createStore()
    const driver = open(connectionString)
    await driver.write(makeTrace(11))
    const settings = readMessagingSettings(connectionString.slice('messaging://'.length))
    const connection = await connectToBroker(settings, lookup)
    onTestFinished(() => connection.destroy())
    const seen: unknown[] = []

    const scanning = scanQueue(connection, waiting => seen.push(waiting), undefined, 10)

    await expect(scanning).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/The queue "profiler.info" contains more than 10 notifications/),
    })
    expect(seen).toEqual([])
    expect(await takeAll()).toHaveLength(11)
  })

  it('makes the broker drop notifications that were not consumed within ttl', async () => {
    const connectionString = await createStore()

    await open(connectionString).write([makeRecord()])
    await open(`${connectionString}?ttl=7d`).write([makeRecord()])

    const expirations = (await takeAll()).map(({ properties }) => properties.expiration)
    expect(expirations).toEqual([undefined, String(7 * 86_400_000)])
  })

  it('rejects a write with ERR_STORE, and names the ttl, if the broker refuses the ttl', async () => {
    const driver = open(`${await createStore()}?ttl=999999w`)

    const error = await driver.write([makeRecord()]).catch(failure => failure)

    expect(error).toMatchObject({ code: 'ERR_STORE', message: expect.stringContaining('see ttl') })
    expect(await takeAll()).toEqual([])
  })

  it('declares the queue again after it was removed', async () => {
    const connectionString = await createStore()
    const driver = open(connectionString)
    const records = [makeRecord(), makeRecord()]
    await driver.write(records.slice(0, 1))
    await createStore()

    const result = await driver.write(records.slice(1))

    expect(result).toEqual({ refused: 0 })
    expect(await takeAll()).toHaveLength(1)
  })

  it('finds the broker in the transport URL that OpenStack services share', async () => {
    await createStore()
    const { host, port } = server
    const credentials = `osprofiler:${encodeURIComponent('p@ss/w:rd')}`
    const record = makeRecord()

    for (const url of [
      `rabbit://${credentials}@${host}:1,${credentials}@${host}:${port}//?heartbeat_timeout_threshold=60`,
      `amqp://${credentials}@${host}:${port},other:5672/`,
    ]) {
      vi.stubEnv('OSPROFILER_TRANSPORT_URL', url)
      onTestFinished(() => void vi.unstubAllEnvs())
      await open('messaging://').write([record])
    }

    expect(await takeAll()).toHaveLength(2)
  })

  it('writes to a quorum queue, but offers no methods for reading', async () => {
    await createStore()
    const driver = open(`${toConnectionString(server)}?rabbit_quorum_queue=1&control_exchange=quorum`)

    const result = await driver.write([makeRecord()])

    expect(result).toEqual({ refused: 0 })
    expect(driver.readRecords).toBeUndefined()
    expect(await takeAll()).toHaveLength(1)
  })

  it('says what is wrong with a password, a virtual host, or a queue that was declared differently', async () => {
    await createStore()
    const { host, port } = server
    const credentials = `osprofiler:${encodeURIComponent('p@ss/w:rd')}`

    for (const [string, message] of [
      [`messaging://osprofiler:wr0ng@${host}:${port}/`, /user or password \(403\)/],
      [`messaging://${credentials}@${host}:${port}/nowhere`, /virtual host.*\(530\)/],
      [
        `messaging://${credentials}@${host}:${port}/?amqp_durable_queues=1`,
        /declared differently.*amqp_durable_queues/,
      ],
    ] as const) {
      await open(toConnectionString(server)).write([makeRecord()])
      const error: unknown = await open(string)
        .write([makeRecord()])
        .catch(reason => reason)

      expect(error).toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(message) })
      expect(String(error)).not.toMatch(/wr0ng|p@ss|w:rd/)
    }
  })

  it.each([
    [
      'a durable queue',
      '',
      { durable: true },
      /queue was declared differently \(406: durable is true\); see amqp_durable_queues/,
    ],
    [
      'a quorum queue',
      '',
      { durable: true, arguments: QUORUM },
      /durable is true.*rabbit_quorum_queue for quorum queues/,
    ],
    [
      'a quorum queue',
      'amqp_durable_queues=1',
      { durable: true, arguments: QUORUM },
      /x-queue-type is quorum.*see rabbit_quorum_queue/,
    ],
    ['a durable queue', 'rabbit_quorum_queue=1', { durable: true }, /x-queue-type is .*see rabbit_quorum_queue/],
    [
      'a quorum queue with a limit',
      'rabbit_quorum_queue=1',
      { durable: true, arguments: { ...QUORUM, 'x-delivery-limit': 3 } },
      /x-delivery-limit is 3.*see the options rabbit_\*/,
    ],
  ])(
    'names the wrong option if the queue is %s and the connection string has the options "%s"',
    async (_, options, declared, message) => {
      await createStore()
      const client = await connect(server.url)
      const channel = await client.createChannel()
      await channel.assertQueue(QUEUE, declared)
      await client.close()
      onTestFinished(async () => void (await createStore()))

      const error: unknown = await open(`${toConnectionString(server)}?control_exchange=other-${options}&${options}`)
        .write([makeRecord()])
        .catch(reason => reason)

      expect(error).toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(message) })
    },
  )

  it('declares a quorum queue with the limits in the URL, and ignores options for other programs', async () => {
    await createStore()
    const client = await connect(server.url)
    const channel = await client.createChannel()
    await channel.assertQueue(QUEUE, {
      durable: true,
      arguments: { ...QUORUM, 'x-delivery-limit': 3, 'x-max-in-memory-length': 7 },
    })
    await client.close()
    onTestFinished(async () => void (await createStore()))
    const limits = 'rabbit_quorum_delivery_limit=3&rabbit_quroum_max_memory_length=7&rabbit_quorum_max_memory_bytes=0'
    const shared =
      'rabbit_transient_quorum_queue=true&use_queue_manager=true&hostname=a&processname=b&rpc_conn_pool_size=30'

    const result = await open(
      `${toConnectionString(server)}?control_exchange=limits&rabbit_quorum_queue=1&${limits}&${shared}`,
    ).write([makeRecord()])

    expect(result).toEqual({ refused: 0 })
  })

  it('tries again later if the queue is full and refuses records', {
    timeout: COMMAND_TEST_TIMEOUT_MS,
  }, async () => {
    await createStore()
    const client = await connect(server.url)
    const channel = await client.createChannel()
    await channel.assertExchange('full', 'topic', { durable: false })
    await channel.assertQueue(QUEUE, { durable: false })
    await server.command('set_policy', 'full', 'profiler', '{"max-length":10,"overflow":"reject-publish"}')
    onTestFinished(async () => void (await server.command('clear_policy', 'full')))
    const driver = open(toConnectionString(server))
    const notifier = createNotifier(driver, { minBackoff: 20, maxBackoff: 50 })

    for (let count = 0; count < 30; count++) notifier(makeRecord())
    await notifier.flush(ACTION_TIMEOUT_MS)
    const { written, dropped } = notifier.stats
    notifier(makeRecord())
    await expect.poll(() => notifier.stats.retried, { timeout: ACTION_TIMEOUT_MS }).toBeGreaterThan(1)
    const held = notifier.stats
    await channel.purgeQueue(QUEUE)
    await notifier.close(ACTION_TIMEOUT_MS)
    await client.close()

    expect(written + dropped).toBe(30)
    expect(written).toBeGreaterThanOrEqual(10)
    expect(held).toMatchObject({ emitted: 31, queued: 1 })
    expect(notifier.stats).toMatchObject({ written: written + 1, dropped, unknown: 0 })
  })

  it('drops all messages that are too large for the broker, and no other messages', {
    timeout: COMMAND_TEST_TIMEOUT_MS,
  }, async () => {
    const small = await startRabbitmq({ password: 'p@ss/w:rd', settings: { max_message_size: '20000' } })
    onTestFinished(() => small.stop())
    const driver = open(toConnectionString(small))
    const large = (length: number) => makeRecord({ info: { text: 'x'.repeat(length) } })
    const [one, other] = [makeTrace(300), makeTrace(300)]

    const results = [
      await driver.write([...one.slice(0, 200), large(30_000), large(40_000), ...one.slice(200), large(25_000)]),
      await driver.write([large(21_000), large(5_000), ...other]),
      await driver.write([large(1_000_000)]),
    ]

    expect(results).toEqual([
      { refused: 3 },
      { refused: 1 },
      { refused: 1, reason: 'A record may be too large for the store.' },
    ])
    expect(await readAll(driver, one[0]?.base_id ?? '')).toEqual(one)
    expect(await readAll(driver, other[0]?.base_id ?? '')).toEqual(other)
    expect(await driver.listTraces?.()).toHaveLength(3)
  })

  it('waits while the broker is short of memory, and delivers afterwards', {
    timeout: COMMAND_TEST_TIMEOUT_MS,
  }, async () => {
    const connectionString = await createStore()
    const notifier = createNotifier(open(connectionString), { minBackoff: 20, maxBackoff: 50 })
    notifier(makeRecord())
    await notifier.flush(ACTION_TIMEOUT_MS)
    const other = open(connectionString)
    await other.write([makeRecord()])

    onTestFailed(async () => void (await server.command('set_vm_memory_high_watermark', '0.4')))
    await server.command('set_vm_memory_high_watermark', '0.00000001')
    for (let count = 0; count < 20; count++) notifier(makeRecord())
    await notifier.flush(500)
    const held = notifier.stats
    const given = other.write([makeRecord()]).catch(error => error)
    await other.close()
    await server.command('set_vm_memory_high_watermark', '0.4')
    await notifier.close(60_000)

    expect(held).toMatchObject({ written: 1, queued: 20 })
    expect(notifier.stats).toMatchObject({ written: 21, dropped: 0, unknown: 0 })
    // `close()` was called during the write, so the record may or may not be stored.
    expect(await given).toMatchObject({ code: 'ERR_WRITE_UNCERTAIN' })
    expect((await takeAll()).length - 22).toBeOneOf([0, 1])
  })

  it('delivers all records if the broker starts late', async () => {
    await createStore()
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.stop())
    await proxy.refuse()
    const notifier = createNotifier(open(toConnectionString(proxy)), { minBackoff: 20, maxBackoff: 50 })

    for (const record of makeTrace(100)) notifier(record)
    await expect.poll(() => notifier.stats.retried, { timeout: ACTION_TIMEOUT_MS }).toBeGreaterThan(0)
    await proxy.heal()
    await notifier.close(ACTION_TIMEOUT_MS)

    expect(notifier.stats).toMatchObject({ emitted: 100, written: 100, dropped: 0, unknown: 0 })
    expect(await takeAll()).toHaveLength(100)
  })

  it('counts records as unknown if the connection breaks before their confirmation, and repeats none', async () => {
    await createStore()
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.stop())
    const notifier = createNotifier(open(toConnectionString(proxy)), { minBackoff: 20, maxBackoff: 50, batchSize: 50 })
    notifier(makeRecord())
    await notifier.flush(ACTION_TIMEOUT_MS)

    for (let cuts = 0; cuts < 5; cuts++) {
      proxy.cutAfter(5_000)
      for (const record of makeTrace(100)) notifier(record)
      await notifier.flush(ACTION_TIMEOUT_MS)
    }
    await notifier.close(ACTION_TIMEOUT_MS)

    const { emitted, written, dropped, unknown, queued } = notifier.stats
    const arrived = (await takeAll()).map(({ content }) => {
      const { trace_id, timestamp } = JSON.parse(JSON.parse(String(content))['oslo.message']).payload
      return `${trace_id} ${timestamp}`
    })
    expect(emitted).toBe(written + dropped + unknown)
    expect([emitted, dropped, queued]).toEqual([501, 0, 0])
    expect(unknown).toBeGreaterThan(0)
    expect(new Set(arrived).size).toBe(arrived.length)
    expect(arrived.length).toBeGreaterThanOrEqual(written)
    expect(arrived.length).toBeLessThanOrEqual(written + unknown)
  })

  it('waits for a slow broker, and loses no record', async () => {
    await createStore()
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.stop())
    proxy.delay(50)
    const notifier = createNotifier(open(toConnectionString(proxy)))

    for (const record of makeTrace(1_000)) notifier(record)
    await notifier.close(ACTION_TIMEOUT_MS)

    expect(notifier.stats).toMatchObject({ written: 1_000, dropped: 0, unknown: 0, retried: 0 })
    expect(await takeAll()).toHaveLength(1_000)
  })

  it('sends later batches after the broker was killed and restarted under load', {
    timeout: COMMAND_TEST_TIMEOUT_MS,
  }, async () => {
    await createStore()
    const driver = open(`${toConnectionString(server)}?amqp_durable_queues=1&control_exchange=lasting`)
    const notifier = createNotifier(driver, { minBackoff: 20, maxBackoff: 100, maxRecords: 500 })
    const emit = () => {
      for (const record of makeTrace(10)) notifier(record)
    }
    const load = setInterval(emit, 5)
    onTestFinished(() => clearInterval(load))
    await expect.poll(() => notifier.stats.written, { timeout: ACTION_TIMEOUT_MS }).toBeGreaterThan(100)

    onTestFailed(() => server.restart())
    await server.kill()
    await expect.poll(() => notifier.stats.dropped, { timeout: ACTION_TIMEOUT_MS }).toBeGreaterThan(0)
    const during = notifier.stats
    await server.restart()
    await expect
      .poll(() => notifier.stats.written, { timeout: ACTION_TIMEOUT_MS })
      .toBeGreaterThan(during.written + 100)
    clearInterval(load)
    await notifier.close(ACTION_TIMEOUT_MS)

    const { emitted, written, dropped, unknown, queued } = notifier.stats
    expect(during.queued).toBeLessThanOrEqual(1_000)
    expect([emitted, queued]).toEqual([written + dropped + unknown, 0])
    const arrived = (await takeAll()).length
    expect(arrived).toBeGreaterThanOrEqual(written)
    expect(arrived).toBeLessThanOrEqual(written + unknown)
  })
})

describe('messaging:// over TLS', () => {
  it('writes to a trusted broker, and reports a certificate that is not trusted', {
    timeout: COMMAND_TEST_TIMEOUT_MS,
  }, async () => {
    const secure = await startRabbitmq({ tls: true })
    onTestFinished(() => secure.stop())
    const { host, port, certificateFile } = secure
    const location = `osprofiler:secret@${host}:${port}/`
    vi.stubEnv('OSPROFILER_TRANSPORT_URL', `amqps://${location}?ssl_ca_file=${certificateFile}`)
    onTestFinished(() => void vi.unstubAllEnvs())

    const bare = await open('messaging://').write([makeRecord()])
    const named = await open(`messaging://${location}?ssl=1&ssl_ca_file=${certificateFile}`).write([makeRecord()])
    const untrusted = open(`messaging://${location}?ssl=true`).write([makeRecord()])

    expect([bare, named]).toEqual([{ refused: 0 }, { refused: 0 }])
    await expect(untrusted).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/not trusted \(.*CERT.*\); see ssl_ca_file/),
    })
  })
})

describe('a program with an open messaging:// store', () => {
  it.each([
    ['leaves the writing to its notifier', 'notify', ''],
    ['waits for its own write', 'await', 'written\n'],
    ['writes in the background', 'background', ''],
    ['closes the store', 'close', 'closed\n'],
  ])('ends by itself after it has written all records if it %s', async (_, work, stdout) => {
    const connectionString = await createStore()

    const outcome = await finish(startFixture('leave-open.mjs', [connectionString, work]))

    expect(outcome).toEqual({ code: 0, stdout, stderr: '' })
    expect(await takeAll()).toHaveLength(3)
  })

  it('ends by itself even if the broker is not running', async () => {
    const outcome = await finish(startFixture('leave-open.mjs', ['messaging://a:b@127.0.0.1:1', 'background']))

    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

describe('a messaging:// connection string', () => {
  it.each([
    'messaging://me:s3cret@a:b',
    'messaging://me:s3cret@host?colour=red',
    'messaging://me:s3cret@host?ssl=perhaps',
    'messaging://me:s3cret@host?ssl=1&ssl_ca_file=/nowhere/s3cret.pem',
    'messaging://me:s3cret@host?ttl=soon',
    'messaging://me:s3cret@host?rabbit_quorum_queue=1&rabbit_quorum_delivery_limit=few',
    'messaging://',
  ])('is refused without showing its secrets: %j', string => {
    const error = refusalOf(string)

    expect(error).toMatchObject({ code: 'ERR_CONNECTION_STRING' })
    expect(`${error.message} ${String(error.cause)}`).not.toContain('s3cret')
  })

  it.each(['kafka://me:s3cret@host', 'me:s3cret@host', 'rabbit://me:s3cret@host:x'])(
    'is refused if the transport URL is %j, without showing the password',
    url => {
      vi.stubEnv('OSPROFILER_TRANSPORT_URL', url)
      onTestFinished(() => void vi.unstubAllEnvs())

      const error = refusalOf('messaging://')

      expect(error).toMatchObject({ code: 'ERR_CONNECTION_STRING' })
      expect(error.message).not.toContain('s3cret')
    },
  )

  it('without a host uses the broker of the transport URL, and its options override the options of that URL', () => {
    vi.stubEnv('OSPROFILER_TRANSPORT_URL', 'rabbit://me:s3cret@one,you:pw@two:5673/vhost?control_exchange=nova')
    onTestFinished(() => void vi.unstubAllEnvs())

    for (const location of ['?ttl=7d&control_exchange=mine', '/?ttl=7d&control_exchange=mine']) {
      const { vhost, ttlMs, exchange } = readMessagingSettings(location)

      expect(openDriver(`messaging://${location}`).location).toBe('one:5672,two:5673')
      expect({ vhost, ttlMs, exchange }).toEqual({ vhost: 'vhost', ttlMs: 604_800_000, exchange: 'mine' })
    }
  })

  it('is shown as the names of its brokers, without credentials', () => {
    const driver = openDriver('messaging://me:s3cret@one,you:s3cret@[::1]:5673/vhost')

    expect([driver.name, driver.location]).toEqual(['messaging', 'one:5672,[::1]:5673'])
  })
})

function open(connectionString: string): Driver {
  const driver = openDriver(connectionString)
  onTestFinished(() => driver.close())
  return driver
}

async function publish(contents: readonly string[]): Promise<void> {
  const client = await connect(server.url)
  const channel = await client.createConfirmChannel()
  for (const content of contents) channel.publish('openstack', QUEUE, Buffer.from(content))
  await channel.waitForConfirms()
  await client.close()
}

/** Consumes all notifications in the queue. */
async function takeAll() {
  const client = await connect(server.url)
  const channel = await client.createChannel()
  const messages = []
  for (let message = await channel.get(QUEUE); message !== false; message = await channel.get(QUEUE)) {
    messages.push(message)
  }
  channel.ackAll()
  const closed = once(client, 'close')
  await Promise.all([client.close(), closed])
  return messages
}
