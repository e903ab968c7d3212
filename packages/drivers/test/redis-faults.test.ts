import { openDriver } from '@osprofiler/drivers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Proxy as ServerProxy, startProxy } from '../../../test/servers/proxy.js'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { finish, startFixture } from './child.js'
import { makeRecord } from './make-record.js'
import { ACTION_TIMEOUT_MS, BATCH, type NotifierLoad, openLoad } from './notifier-load.js'
import { storedPoints } from './redis-stored.js'

const PASSWORD = 's3cret-é'
let server: RedisServer
let proxy: ServerProxy
beforeAll(async () => {
  server = await startRedis({ password: PASSWORD })
  proxy = await startProxy(server)
})
beforeEach(() => server.command('FLUSHALL'))
afterEach(() => proxy.heal())
afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

const storeUrl = (options = '') => `${server.url.replace(`:${server.port}`, `:${proxy.port}`)}/${options}`
const open = (maxRecords?: number): NotifierLoad => openLoad(openDriver(storeUrl()), maxRecords)

async function expectBalance(load: NotifierLoad): Promise<void> {
  load.expectBalance(await storedPoints(server))
  for (const error of load.errors) {
    expect(`${error.message} ${error.cause}`).not.toMatch(/s3cret/)
    expect(JSON.stringify(error.cause ?? {})).not.toMatch(/s3cret/)
  }
}

/** Emits three batches, waits for more than two failures, repairs the store, and expects all records to arrive. */
async function expectDelay(load: NotifierLoad, repair: () => Promise<unknown>, message: RegExp): Promise<void> {
  load.emit(3 * BATCH)
  await vi.waitFor(() => expect(load.errors.length).toBeGreaterThan(2), ACTION_TIMEOUT_MS)
  await repair()
  await load.notifier.flush(ACTION_TIMEOUT_MS)

  expect(load.errors[0]).toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(message) })
  expect(load.notifier.stats).toMatchObject({ written: 3 * BATCH, dropped: 0, unknown: 0 })
  await expectBalance(load)
}

describe('redis:// with a faulty server', () => {
  it('delivers every record if the server starts late', async () => {
    await proxy.refuse()

    await expectDelay(open(), () => proxy.heal(), /ECONNREFUSED/)
  })

  it('stores no record twice if the server is killed and restarted under load', async () => {
    const load = open()

    const emitting = load.emitUntil(() => load.errors.length > 0 && load.notifier.stats.written >= 40 * BATCH)
    await vi.waitFor(() => expect(load.notifier.stats.written).toBeGreaterThan(5 * BATCH), ACTION_TIMEOUT_MS)
    await server.kill()
    await vi.waitFor(() => expect(load.errors.length).toBeGreaterThan(0), ACTION_TIMEOUT_MS)
    await server.restart()
    await emitting
    await load.notifier.flush(ACTION_TIMEOUT_MS)

    await expectBalance(load)
  })

  it('stores no record twice if connections break in the middle of batches', async () => {
    const load = open()
    await load.write(BATCH)
    const before = proxy.bytesSent
    await load.write(BATCH)
    const batchBytes = proxy.bytesSent - before

    for (let part = 0; part < 30; part++) {
      proxy.cutAfter(Math.max(1, Math.round((part / 29) * batchBytes)))
      await load.write(BATCH)
    }

    expect(load.notifier.stats.unknown).toBeGreaterThan(0)
    expect(load.errors.some(error => 'code' in error && error.code === 'ERR_WRITE_UNCERTAIN')).toBe(true)
    await expectBalance(load)
  })

  it('drops and counts the records that do not fit in the queue if the server is slow', async () => {
    const load = open(5 * BATCH)
    proxy.delay(30)

    load.emit(20 * BATCH)
    const { queued, dropped } = load.notifier.stats
    await load.notifier.flush(ACTION_TIMEOUT_MS)

    expect(queued).toBeLessThanOrEqual(6 * BATCH)
    expect(dropped).toBeGreaterThanOrEqual(14 * BATCH)
    await expectBalance(load)
  })

  it('stops waiting if the server hangs too long, and sends no batch twice', async () => {
    const load = openLoad(openDriver(storeUrl('?socket_timeout=2')))
    await load.write(BATCH)
    proxy.delay(5_000)

    await load.write(BATCH)
    await proxy.heal()
    await load.write(BATCH)

    expect(load.notifier.stats).toMatchObject({ unknown: BATCH, dropped: 0 })
    // The server eventually stored the batch anyway.
    await vi.waitFor(async () => expect(await storedPoints(server)).toHaveLength(3 * BATCH), ACTION_TIMEOUT_MS)
    await expectBalance(load)
  })

  it('delivers the next batch even if an idle connection was lost without notice', async () => {
    const load = open()
    await load.write(BATCH)
    await new Promise(resolve => setTimeout(resolve, 1_100))
    // The proxy cuts the connection at the next byte, like a firewall that has forgotten the connection.
    proxy.cutAfter(1)

    await load.write(BATCH)

    expect(load.notifier.stats).toMatchObject({ written: 2 * BATCH, unknown: 0 })
    await expectBalance(load)
  })

  it('waits while the server is a replica, and then delivers every record', async () => {
    await server.command('REPLICAOF', '127.0.0.1', '1')

    await expectDelay(open(), () => server.command('REPLICAOF', 'NO', 'ONE'), /is a replica/)
  })

  it('waits while the server is full, and then delivers every record', async () => {
    await server.command('CONFIG', 'SET', 'maxmemory', '100kb')

    await expectDelay(open(), () => server.command('CONFIG', 'SET', 'maxmemory', '0'), /is full \(maxmemory\)/)
  })

  it('waits while the server has another password, and then delivers every record', async () => {
    await server.command('ACL', 'SETUSER', 'default', 'resetpass', '>other')
    const restore = () => restorePassword('other')

    await expectDelay(open(), restore, /password is wrong or missing/)
  })

  it('drops only the records of a trace whose key has another type', async () => {
    const load = open()
    await server.command('SET', 'osprofiler_opt:bad', 'not a list')

    load.emit(BATCH - 2)
    for (let index = 0; index < 2; index++) load.notifier(makeRecord({ base_id: 'bad' }))
    await load.notifier.flush(ACTION_TIMEOUT_MS)

    expect(load.notifier.stats).toMatchObject({ written: BATCH - 2, dropped: 2, unknown: 0 })
    await expectBalance(load)
  })

  it.each(['silent', 'gone'])('does not prevent the natural end of the program if the server is %s', async state => {
    if (state === 'silent') proxy.delay(60_000)
    else await proxy.refuse()

    const { code, stderr } = await finish(startFixture('end-naturally.mjs', [storeUrl(), 'background']))

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('keeps the program alive while the program waits for an answer', async () => {
    const { code, stdout } = await finish(startFixture('end-naturally.mjs', [storeUrl(), 'await']))

    expect({ code, stdout }).toEqual({ code: 0, stdout: 'read 1\nlisted 1\nfailed 0\n' })
  })
})

/** Restores the password of the default user. `password` is the current one. */
async function restorePassword(password: string): Promise<void> {
  const { Redis } = await import('ioredis')
  const redis = new Redis({ port: server.port, password })
  await redis.call('ACL', 'SETUSER', 'default', 'resetpass', `>${PASSWORD}`)
  redis.disconnect()
}
