import { describe, expect, it } from 'vitest'
import { RecordQueue } from '../src/delivery/record-queue.js'
import { recordOf } from './fixtures/quick-notifier.js'

function fill(queue: RecordQueue, ids: readonly string[], isRoot = false) {
  return ids.flatMap(id => queue.push(recordOf(id), isRoot).map(({ trace_id }) => trace_id))
}

function take(queue: RecordQueue, count: number, maxBytes?: number) {
  return queue.take(count, maxBytes).map(({ trace_id }) => trace_id)
}

const ids = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}${index}`)

describe('a queue of records', () => {
  it('returns all records, even root records, in the order in which they were added', () => {
    const queue = new RecordQueue(10, 1e6)

    fill(queue, ['a'])
    fill(queue, ['root'], true)
    fill(queue, ['b'])

    expect([queue.length, queue.firstNumber, queue.lastNumber]).toEqual([3, 1, 3])
    expect([take(queue, 2), take(queue, 9), take(queue, 9)]).toEqual([['a', 'root'], ['b'], []])
    expect([queue.length, queue.bytes, queue.firstNumber]).toEqual([0, 0, Number.POSITIVE_INFINITY])
  })

  it('reserves a tenth of its length for root records, and drops the oldest of them to make room for new ones', () => {
    const queue = new RecordQueue(20, 1e9)

    const refused = fill(queue, ids(20, 'a'))
    const evicted = fill(queue, ids(3, 'root'), true)

    expect(refused).toEqual(['a18', 'a19'])
    expect(evicted).toEqual(['root0'])
    expect(take(queue, 99)).toEqual([...ids(18, 'a'), 'root1', 'root2'])
  })

  it('limits the bytes in the queue and in each batch, but a single record may exceed the limit of a batch', () => {
    const queue = new RecordQueue(1_000, 10_000)

    const refused = fill(queue, ids(1_000, 'a'))

    expect(queue.bytes).toBeLessThanOrEqual(10_000)
    expect(refused.length).toBeGreaterThan(900)
    expect(take(queue, 99, 1)).toEqual(['a0'])
    expect(take(queue, 99, 2_000).length).toBeLessThan(5)
  })

  it('accepts every record if it has no limits', () => {
    const queue = new RecordQueue(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)

    const refused = [...fill(queue, ids(100, 'a')), ...fill(queue, ['root'], true)]

    expect(refused).toEqual([])
    expect(take(queue, 999)).toEqual([...ids(100, 'a'), 'root'])
  })

  it('returns all records, even if there are many', () => {
    const queue = new RecordQueue(10_000, 1e9)
    fill(queue, ids(5_000, 'a'))

    const taken = Array.from({ length: 50 }, () => take(queue, 100)).flat()

    expect(taken).toEqual(ids(5_000, 'a'))
  })
})
