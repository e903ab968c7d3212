import { OsprofilerError, type TraceRecord, type WriteResult } from '@osprofiler/core'
import { describe, expect, it, vi } from 'vitest'
import { createDrops } from '../src/delivery/losses/drops.js'
import { createEventListeners } from '../src/delivery/losses/event-listeners.js'
import { createWriteLedger } from '../src/delivery/writing/write-ledger.js'
import { recordOf } from './fixtures/quick-notifier.js'

const BATCH = ['a', 'b', 'c', 'd'].map(id => recordOf(id))

function openLedger(write: () => Promise<WriteResult | undefined>, check?: () => Promise<boolean>) {
  const driver = { name: 'test', write, close: async () => {}, ...(check && { check }) }
  const listeners = createEventListeners()
  const failed = vi.fn()
  listeners.add('error', failed)
  listeners.add('drop', () => {})
  const drops = createDrops(driver, { maxRecords: 10, maxBytes: 10 }, listeners)
  return { ledger: createWriteLedger(driver, drops, listeners), drops, failed }
}

function ids(records: readonly TraceRecord[]): readonly string[] {
  return records.map(({ trace_id }) => trace_id)
}

describe('the ledger of writes', () => {
  it('counts each record of a write once, and returns the records that the store postponed', async () => {
    const { ledger, drops } = openLedger(async () => ({ refused: 1, unknown: 1, held: [3] }))
    const kept = vi.fn()

    const rest = ledger.settle(BATCH, await ledger.write(BATCH), kept)

    expect(ids(rest)).toEqual(['d'])
    expect(kept).toHaveBeenCalledExactlyOnceWith(rest)
    expect(ledger.counts).toEqual({ written: 1, unknown: 1, retried: 0 })
    expect(drops.stats.dropped).toBe(1)
  })

  it('settles no records of a failed write, and calls the listeners', async () => {
    const error = new OsprofilerError('ERR_STORE', 'The store is down.')
    const { ledger, failed } = openLedger(() => Promise.reject(error))

    const rest = ledger.settle(BATCH, await ledger.write(BATCH), () => expect.unreachable())

    expect(rest).toBe(BATCH)
    expect(failed).toHaveBeenCalledExactlyOnceWith(error)
  })

  it('settles all records of a write with an unknown outcome', async () => {
    const { ledger } = openLedger(() => Promise.reject(new OsprofilerError('ERR_WRITE_UNCERTAIN', 'It broke.')))

    const rest = ledger.settle(BATCH, await ledger.write(BATCH), () => {})

    expect(rest).toEqual([])
    expect(ledger.counts.unknown).toBe(4)
  })

  it('counts consecutive refusals until the store accepts a record', async () => {
    const { ledger } = openLedger(async () => undefined)

    ledger.noteRefused(BATCH, 'too large')
    const inRow = ledger.refusedInRow
    ledger.settle(BATCH, await ledger.write(BATCH), () => {})

    expect([inRow, ledger.refusedInRow]).toEqual([4, 0])
  })

  it('asks the driver whether its store is reachable, if the driver has a check() method', async () => {
    const write = async (): Promise<undefined> => undefined
    const checks = [undefined, async () => true, async () => false, async () => Promise.reject(new Error('down'))]

    const answers = await Promise.all(checks.map(check => openLedger(write, check).ledger.isStoreReachable()))

    expect(answers).toEqual([false, true, false, false])
  })
})
