import type { NotifierStats } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Proxy as ServerProxy, startProxy } from '../../../test/servers/proxy.js'
import type { TestServer } from '../../../test/servers/start-server.js'
import { finish, startFixture } from './child.js'
import { makeRecord } from './make-record.js'
import { ACTION_TIMEOUT_MS, BATCH, type NotifierLoad, openLoad } from './notifier-load.js'

/** A database server, with functions that cause and end its faults. */
export interface FaultyServer extends TestServer {
  countRows(): Promise<{ readonly rows: number; readonly distinct: number }>
  empty(): Promise<void>
  /** Makes the table refuse records named "bad", and report a full disk for records named "full". */
  obstruct(): Promise<void>
  /** Makes the table accept all records again. */
  relieve(): Promise<void>
  forbidWrites(): Promise<void>
  allowWrites(): Promise<void>
  /** Refuses new connections of the store's user. Open connections stay open. */
  lockOut(): Promise<void>
  letIn(): Promise<void>
}

/** Declares tests of how a driver handles faults of its server. A notifier writes to the driver under load. */
export function describeFaults(name: string, start: () => Promise<FaultyServer>): void {
  let server: FaultyServer
  let proxy: ServerProxy
  beforeAll(async () => {
    server = await start()
    proxy = await startProxy(server)
    const driver = openDriver(server.url)
    await driver.write([makeRecord()])
    await driver.close()
  })
  beforeEach(async () => {
    await server.relieve()
    await server.empty()
  })
  afterEach(() => proxy.heal())
  afterAll(async () => {
    await proxy.stop()
    await server.stop()
  })

  const storeUrl = () => server.url.replace(`:${server.port}/`, `:${proxy.port}/`)

  /** Opens a notifier whose driver reaches the server through the proxy. */
  const openNotifier = (maxRecords?: number): NotifierLoad => openLoad(openDriver(storeUrl()), maxRecords)

  /** Expects each record to be counted once, and no record to be stored twice. */
  async function expectBalance({ emitted, written, dropped, unknown, queued }: NotifierStats): Promise<void> {
    const { rows, distinct } = await server.countRows()
    expect(written + dropped + unknown).toBe(emitted)
    expect(queued).toBe(0)
    expect(distinct).toBe(rows)
    expect(rows).toBeGreaterThanOrEqual(written)
    expect(rows).toBeLessThanOrEqual(written + unknown)
  }

  describe(`the driver for ${name}, with a faulty server,`, () => {
    it('delivers every record if the server starts late', async () => {
      await proxy.refuse()
      const load = openNotifier()

      load.emit(10 * BATCH)
      await vi.waitFor(() => expect(load.errors.length).toBeGreaterThan(3), ACTION_TIMEOUT_MS)
      await proxy.heal()
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      expect(load.notifier.stats).toMatchObject({ written: 10 * BATCH, dropped: 0, unknown: 0 })
      expect(load.errors[0]).toMatchObject({ code: 'ERR_STORE', message: expect.stringContaining('cannot be reached') })
      await expectBalance(load.notifier.stats)
    })

    it('neither loses nor repeats committed records if the server is killed and restarted under load', async () => {
      const load = openNotifier()

      const emitting = load.emitUntil(() => load.errors.length > 0 && load.notifier.stats.written >= 40 * BATCH)
      await vi.waitFor(() => expect(load.notifier.stats.written).toBeGreaterThan(5 * BATCH), ACTION_TIMEOUT_MS)
      await server.kill()
      await vi.waitFor(() => expect(load.errors.length).toBeGreaterThan(0), ACTION_TIMEOUT_MS)
      await server.restart()
      await emitting
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      await expectBalance(load.notifier.stats)
    })

    it('stores each batch completely or not at all if connections break in the middle of batches', async () => {
      const load = openNotifier()
      await load.write(BATCH)
      const before = proxy.bytesSent
      await load.write(BATCH)
      const batchBytes = proxy.bytesSent - before

      // The connection is cut in each part of the batch, and at each byte near its end, where the batch is committed.
      const offsets = [0.05, 0.3, 0.6, 0.9].map(part => Math.round(part * batchBytes))
      for (const bytes of [...offsets, ...Array.from({ length: 30 }, (_, back) => batchBytes - back)]) {
        proxy.cutAfter(bytes)
        await load.write(BATCH)
      }

      expect(load.errors.length).toBeGreaterThan(10)
      expect((await server.countRows()).rows % BATCH).toBe(0)
      expect(load.notifier.stats.unknown).toBeGreaterThan(0)
      await expectBalance(load.notifier.stats)
    })

    it('connects again after the server has ended idle connections', async () => {
      const load = openNotifier()
      await load.write(BATCH)
      proxy.cut()

      await load.write(BATCH)

      expect(load.notifier.stats).toMatchObject({ written: 2 * BATCH, dropped: 0, unknown: 0 })
      await expectBalance(load.notifier.stats)
    })

    it('drops and counts the records that do not fit in the queue if the server is slow', async () => {
      const load = openNotifier(5 * BATCH)
      proxy.delay(30)

      load.emit(20 * BATCH)
      const { queued, dropped } = load.notifier.stats
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      expect(queued).toBeLessThanOrEqual(6 * BATCH)
      expect(dropped).toBeGreaterThanOrEqual(14 * BATCH)
      await expectBalance(load.notifier.stats)
    })

    it('waits while the server is read-only, and then delivers every record', async () => {
      const load = openNotifier()
      await server.forbidWrites()

      load.emit(3 * BATCH)
      const refusal = expect.objectContaining({
        code: 'ERR_STORE',
        message: expect.stringContaining('is read-only'),
      })
      await vi.waitFor(() => expect(load.errors).toContainEqual(refusal), ACTION_TIMEOUT_MS)
      await server.allowWrites()
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      expect(load.notifier.stats).toMatchObject({ written: 3 * BATCH, dropped: 0, unknown: 0 })
      await expectBalance(load.notifier.stats)
    })

    it('waits while the server refuses connections, and then delivers every record', async () => {
      const load = openNotifier()
      await load.write(BATCH)
      await server.lockOut()
      proxy.cut()

      load.emit(3 * BATCH)
      await vi.waitFor(() => expect(load.errors.length).toBeGreaterThan(2), ACTION_TIMEOUT_MS)
      await server.letIn()
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      expect(load.errors.at(-1)).toMatchObject({ code: 'ERR_STORE' })
      expect(load.notifier.stats).toMatchObject({ written: 4 * BATCH, dropped: 0, unknown: 0 })
      await expectBalance(load.notifier.stats)
    })

    it('keeps the other records of a batch if the server refuses one record', async () => {
      const load = openNotifier()
      await server.obstruct()

      load.emit(BATCH - 1)
      load.notifier(makeRecord({ name: 'bad' }))
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      expect(load.notifier.stats).toMatchObject({ written: BATCH - 1, dropped: 1, unknown: 0 })
      expect(load.errors).toEqual([])
      await expectBalance(load.notifier.stats)
    })

    it('waits while the disk of the server is full, and then delivers every record', async () => {
      const load = openNotifier()
      await server.obstruct()

      load.notifier(makeRecord({ name: 'full' }))
      load.emit(BATCH - 1)
      await vi.waitFor(() => expect(load.errors.length).toBeGreaterThan(1), ACTION_TIMEOUT_MS)
      await server.relieve()
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      expect(load.errors[0]).toMatchObject({ code: 'ERR_STORE', message: expect.stringContaining('full disk') })
      expect(load.notifier.stats).toMatchObject({ written: BATCH, dropped: 0, unknown: 0 })
      await expectBalance(load.notifier.stats)
    })

    it('stops waiting after connect_timeout if the server never answers', async () => {
      proxy.delay(60_000)
      const driver = openDriver(`${storeUrl()}?connect_timeout=1`)

      const listing = driver.listTraces?.()

      const message = expect.stringContaining('cannot be reached in time')
      await expect(listing).rejects.toMatchObject({ code: 'ERR_STORE', message })
      await driver.close()
    })

    it.each(['silent', 'gone'])('does not prevent the natural end of the program if the server is %s', async state => {
      if (state === 'silent') proxy.delay(60_000)
      else await proxy.refuse()

      const { code, stderr } = await finish(startFixture('end-naturally.mjs', [storeUrl(), 'background']))

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    })

    it('does not try the next of several silent servers after the store was closed', async () => {
      proxy.delay(60_000)
      const host = `127.0.0.1:${proxy.port}`
      const url = storeUrl().replace(host, [host, host, host].join())

      const { code, stdout, stderr } = await finish(startFixture('end-naturally.mjs', [url, 'close at once']))

      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'closed\n', stderr: '' })
    })

    it('keeps the program alive while the program waits for an answer', async () => {
      const { code, stdout } = await finish(startFixture('end-naturally.mjs', [storeUrl(), 'await']))

      expect({ code, stdout }).toEqual({ code: 0, stdout: 'read 1\nlisted 1\nfailed 0\n' })
    })
  })
}
