import type { TraceRecord, WriteResult } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { takePlainRecords } from '../src/calls/take-plain-records.js'
import { makeRecord } from './make-record.js'

/** Values that are not plain records. Any program may pass such values to a driver. */
const FOREIGN: unknown[] = [
  null,
  undefined,
  7,
  'record',
  [],
  {},
  new Date(),
  { ...makeRecord(), info: null },
  { ...makeRecord(), name: 7 },
  makeRecord({ timestamp: 'never' }),
  makeRecord({ info: { big: 1n } }),
  Proxy.revocable({}, {}).proxy,
]

/** Creates a store that returns these answers one after another, and lists the received batches. */
function createStore(...answers: (WriteResult | Error)[]) {
  const batches: (readonly TraceRecord[])[] = []
  const write = takePlainRecords(async records => {
    batches.push(records)
    const answer = answers.shift() ?? { refused: 0 }
    if (answer instanceof Error) throw answer
    return answer
  })
  return { batches, write }
}

describe('takePlainRecords', () => {
  it('passes on only records, in their order, and counts other values as refused', async () => {
    const { batches, write } = createStore()
    const [one, other] = [makeRecord(), makeRecord()]

    const result = await write([one, ...FOREIGN, other] as TraceRecord[])

    expect(batches).toEqual([[one, other]])
    expect(result).toEqual({ refused: FOREIGN.length, reason: 'A record is not an object.' })
  })

  it('calls the store even if no value is a record, so that a closed store can reject the write', async () => {
    const { batches, write } = createStore(new Error('closed'))

    await expect(write([null] as never)).rejects.toThrow('closed')
    expect(batches).toEqual([[]])
  })

  it("adds its own refusals to those of the store, and keeps the store's reason", async () => {
    const { write } = createStore({ refused: 1, reason: 'It is full.', unknown: 1 })

    const result = await write([makeRecord(), null, makeRecord(), makeRecord()] as TraceRecord[])

    expect(result).toEqual({ refused: 2, reason: 'It is full.', unknown: 1 })
  })

  it('returns the positions, in the given batch, of the records that the store accepts later', async () => {
    const { write } = createStore({ refused: 0, held: [0, 2] })

    const result = await write([null, makeRecord(), makeRecord(), null, makeRecord()] as TraceRecord[])

    expect(result).toMatchObject({ refused: 2, held: [1, 4] })
  })

  it('passes the same copies of the batch and of its records to the store on a retry', async () => {
    const { batches, write } = createStore(new Error('away'), new Error('away'))
    const given = [makeRecord(), null, makeRecord()] as TraceRecord[]

    await write(given).catch(() => undefined)
    await write(given).catch(() => undefined)
    for (const half of [given.slice(0, 1), given.slice(1)]) await write(half)

    const [first = [], second, ...halves] = batches
    expect(second).toBe(first)
    expect(halves.flat().map((record, at) => record === first[at])).toEqual([true, true])
  })

  it('passes the same copies to the store if only the records that were not accepted yet are retried', async () => {
    const { batches, write } = createStore({ refused: 0, held: [1] })
    const given = [makeRecord(), makeRecord()]

    await write(given)
    await write(given.slice(1))

    expect(batches[1]?.[0]).toBe(batches[0]?.[1])
  })

  it('copies a batch again if the batch was written successfully before', async () => {
    const { batches, write } = createStore(new Error('away'))
    const given = [makeRecord()]

    await write(given).catch(() => undefined)
    await write(given)
    await write(given)

    expect(batches[1]).toBe(batches[0])
    expect(batches[2]).not.toBe(batches[0])
  })

  it('copies records at the time of the call', async () => {
    const { batches, write } = createStore()
    const info = { rows: [1] }
    const record = makeRecord({ info })

    const writing = write([record])
    info.rows.push(2)
    await writing

    expect(batches[0]?.[0]?.info).toEqual({ rows: [1] })
  })
})
