import { afterEach, describe, expect, it } from 'vitest'
import { Delivery, type DeliverySettings } from '../src/delivery/delivery.js'
import { recordOf } from './fixtures/quick-notifier.js'

const SETTINGS: DeliverySettings = {
  maxRecords: 1_000,
  maxBytes: 1e6,
  batchSize: 10,
  batchBytes: 1e5,
  flushAfter: 1,
  minBackoff: 1,
  maxBackoff: 2,
}

const open: Delivery[] = []
afterEach(async () => {
  for (const delivery of open.splice(0)) await delivery.close(1)
})

function openDelivery(write: (ids: readonly string[]) => unknown, settings: Partial<DeliverySettings> = {}): Delivery {
  const driver = {
    name: 'test',
    write: async (records: readonly { readonly trace_id: string }[]) => {
      await write(records.map(({ trace_id }) => trace_id))
      return undefined
    },
    close: async () => {},
  }
  const delivery = new Delivery(driver, { ...SETTINGS, ...settings })
  open.push(delivery)
  return delivery
}

describe('a delivery', () => {
  it('waits for more records, but writes a full batch immediately', async () => {
    const batches: (readonly string[])[] = []
    const delivery = openDelivery(ids => batches.push(ids), { batchSize: 2, flushAfter: 60_000 })

    delivery.add(recordOf('a'))
    const before = batches.length
    delivery.add(recordOf('b'))

    expect(before).toBe(0)
    await expect.poll(() => batches).toEqual([['a', 'b']])
  })

  it('reports an incomplete flush if the store accepts no record in time', async () => {
    const delivery = openDelivery(() => Promise.reject(new Error('down')))
    delivery.add(recordOf('a'))

    expect(await delivery.flush(5)).toBe(false)
    expect(delivery.stats).toMatchObject({ emitted: 1, written: 0, queued: 1 })
  })

  it('accepts no records after close(), and counts each record once', async () => {
    const delivery = openDelivery(() => new Promise(() => {}))
    for (const id of ['a', 'b']) delivery.add(recordOf(id))

    await delivery.close(5)
    delivery.add(recordOf('late'))

    expect(delivery.stats).toMatchObject({ emitted: 3, dropped: 3, queued: 0 })
    expect(await delivery.flush(5)).toBe(true)
  })

  it('drops a record whose size cannot be read', () => {
    const delivery = openDelivery(() => {})
    const hostile = new Proxy(recordOf('a'), {
      get: () => {
        throw new Error('no')
      },
    })

    delivery.add(hostile)

    expect(delivery.stats).toMatchObject({ emitted: 1, droppedByReason: { refused: 1 } })
  })
})
