import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeRecord } from './make-record.js'
import { ACTION_TIMEOUT_MS, BATCH, openLoad } from './notifier-load.js'
import { describeServerFaults, expectBalance, type FaultyServer } from './server-faults.js'

/** A stand-in with answers that a real server cannot be made to give. */
export interface FaultyStandIn extends FaultyServer {
  /** Makes the server refuse records named "bad". */
  refuseBad(): void
  /** Makes the server answer all records with an error that means "try again later". */
  takeNothing(): void
  /** Makes the server accept all records again. */
  repair(): void
}

/** Declares tests of how a driver handles faults of its server. A notifier writes to the driver under load. */
export function describeFaults(name: string, start: () => Promise<FaultyStandIn>): void {
  describeServerFaults(name, start)
  describeRefusals(name, start)
}

/** Declares tests of how a driver handles records that its server refuses. */
export function describeRefusals(name: string, start: () => Promise<FaultyStandIn>): void {
  let server: FaultyStandIn
  beforeAll(async () => {
    server = await start()
  })
  beforeEach(async () => {
    server.repair()
    await server.clear()
  })
  afterAll(() => server.kill())

  const openNotifier = () => openLoad(openDriver(server.url(server.port)))

  describe(`the driver for ${name}, with a server that refuses records,`, () => {
    it('waits while the server refuses all records, and then delivers every record', async () => {
      const load = openNotifier()
      server.takeNothing()

      load.emit(3 * BATCH)
      await vi.waitFor(() => expect(load.errors.length).toBeGreaterThan(1), ACTION_TIMEOUT_MS)
      server.repair()
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      expect(load.errors[0]).toMatchObject({ name: 'OsprofilerError', code: 'ERR_STORE' })
      expect(load.notifier.stats).toMatchObject({ written: 3 * BATCH, dropped: 0, unknown: 0 })
      await expectBalance(server, load)
    })

    it('keeps the other records of a batch if the server refuses one record', async () => {
      const load = openNotifier()
      server.refuseBad()

      load.emit(BATCH - 1)
      load.notifier(makeRecord({ name: 'bad' }))
      await load.notifier.flush(ACTION_TIMEOUT_MS)

      expect(load.notifier.stats).toMatchObject({ written: BATCH - 1, dropped: 1, unknown: 0 })
      expect(load.errors).toEqual([])
      await expectBalance(server, load)
    })
  })
}
