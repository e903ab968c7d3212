import { openDriver } from '@osprofiler/drivers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Proxy as ServerProxy, startProxy } from '../../../test/servers/proxy.js'
import { finish, startFixture } from './child.js'
import { endAllBesideHang, expectAllEndInTime } from './end-beside-hang.js'
import { ACTION_TIMEOUT_MS, BATCH, type NotifierLoad, openLoad } from './notifier-load.js'

/** A server, with functions that cause and end its faults. */
export interface FaultyServer {
  readonly host: string
  readonly port: number
  /** Whether the server recognizes repeated records by the driver's ids. If so, no record counts as unknown. */
  readonly knowsIds: boolean
  /** Returns the connection string with this port. */
  url(port: number): string
  kill(): Promise<void>
  restart(): Promise<void>
  /** Returns the `trace_id` of every stored record. */
  points(): readonly unknown[] | Promise<readonly unknown[]>
  clear(): void | Promise<void>
}

/** Declares tests of how a driver handles faults of its server. A notifier writes to the driver under load. */
export function describeServerFaults(name: string, start: () => Promise<FaultyServer>): void {
  let server: FaultyServer
  let proxy: ServerProxy
  beforeAll(async () => {
    server = await start()
    proxy = await startProxy(server)
  })
  beforeEach(() => server.clear())
  afterEach(() => proxy.heal())
  afterAll(async () => {
    await proxy.stop()
    await server.kill()
  })

  const openNotifier = (maxRecords?: number): NotifierLoad => openLoad(openDriver(server.url(proxy.port)), maxRecords)

  describe(`the driver for ${name}, with a faulty server,`, () => {
    it('delivers every record if the server starts late', async () => {
      await proxy.refuse()
      const load = openNotifier()

      load.emit(5 * BATCH)
      await vi.waitFor(() => expect(load.errors.length).toBeGreaterThan(0), ACTION_TIMEOUT_MS)
      await proxy.heal()
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      expect(load.errors[0]).toMatchObject({ name: 'OsprofilerError', code: 'ERR_STORE' })
      expect(load.notifier.stats).toMatchObject({ written: 5 * BATCH, dropped: 0, unknown: 0 })
      await expectBalance(server, load)
    })

    it('neither loses nor repeats a record if the server is killed and restarted under load', async () => {
      const load = openNotifier()

      const emitting = load.emitUntil(() => load.errors.length > 0 && load.notifier.stats.written >= 20 * BATCH)
      await vi.waitFor(() => expect(load.notifier.stats.written).toBeGreaterThan(5 * BATCH), ACTION_TIMEOUT_MS)
      await server.kill()
      await vi.waitFor(() => expect(load.errors.length).toBeGreaterThan(0), ACTION_TIMEOUT_MS)
      await server.restart()
      await emitting
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      await expectBalance(server, load)
    })

    it('stores no record twice if connections break in the middle of batches', async () => {
      const load = openNotifier()
      await load.write(BATCH)
      const before = proxy.bytesSent
      await load.write(BATCH)
      const batchBytes = proxy.bytesSent - before

      for (const part of [0.05, 0.3, 0.6, 0.9, 0.97, 1]) {
        proxy.cutAfter(Math.round(part * batchBytes))
        await load.write(BATCH)
      }

      expect(load.errors.length).toBeGreaterThan(3)
      await expectBalance(server, load)
    })

    it('drops and counts the records that do not fit in the queue if the server is slow', async () => {
      const load = openNotifier(5 * BATCH)
      await load.write(1)
      proxy.delay(30)

      load.emit(20 * BATCH)
      const { queued, dropped } = load.notifier.stats
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      expect(queued).toBeLessThanOrEqual(6 * BATCH)
      expect(dropped).toBeGreaterThanOrEqual(14 * BATCH)
      await expectBalance(server, load)
    })

    it.each(['silent', 'gone'])('does not prevent the natural end of the program if the server is %s', async state => {
      if (state === 'silent') proxy.delay(60_000)
      else await proxy.refuse()

      const { code, stderr } = await finish(startFixture('end-naturally.mjs', [server.url(proxy.port), 'background']))

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    })

    it('does not delay the end of a program if the server hangs', async () => {
      const ends = await endAllBesideHang(server.url(proxy.port), async () => proxy.delay(600_000))

      expectAllEndInTime(ends, name)
    })

    it('keeps the program alive only while the program waits for an answer', async () => {
      const { code, stdout, stderr } = await finish(
        startFixture('end-naturally.mjs', [server.url(proxy.port), 'await']),
      )

      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'read 1\nlisted 1\nfailed 0\n', stderr: '' })
    })
  })
}

/** Expects each record to be counted once, and no record to be stored twice. */
export async function expectBalance(server: FaultyServer, load: NotifierLoad): Promise<void> {
  load.expectBalance(await server.points())
  if (server.knowsIds) expect(load.notifier.stats.unknown).toBe(0)
}
