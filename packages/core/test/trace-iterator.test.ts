import { describe, expect, it, vi } from 'vitest'
import { currentProfiler as get } from '../src/points/context.js'
import type { Profiler } from '../src/points/profiler.js'
import { traceIterator } from '../src/tracing/trace-iterator.js'
import { infoOf, outline, traceRecords } from './fixtures/trace-records.js'

function open(): Profiler {
  const profiler = get()?.fork('rows')
  if (profiler === undefined) throw new Error('Nothing is traced')
  return profiler
}

function* rows(): Generator<number> {
  get()?.start('row').stop()
  yield 1
  yield 2
}

describe('a traced generator', () => {
  it('runs its steps inside a point, which lasts from the first step to the end', async () => {
    const records = await traceRecords(() => {
      const generator = rows()
      traceIterator(generator, open)
      expect([...generator]).toEqual([1, 2])
    })

    expect(outline(records)).toBe('rows(row)')
  })

  it('ends its point when the program leaves the generator or the generator fails', async () => {
    const records = await traceRecords(() => {
      const [left, failing] = [rows(), rows()]
      for (const generator of [left, failing]) traceIterator(generator, open)
      for (const _ of left) break
      failing.next()
      expect(() => failing.throw(new Error('no'))).toThrow('no')
    })

    expect(outline(records)).toBe('rows(row) rows(row)')
    expect(records.filter(({ info }) => info.etype === 'Error')).toHaveLength(1)
    expect(infoOf(records, 'rows-stop')).not.toHaveProperty('etype')
  })

  it('has no point if the program leaves the generator before its first step', async () => {
    const left = vi.fn()

    const records = await traceRecords(() => {
      const generator = rows()
      traceIterator(generator, open, left)
      generator.return(undefined)
      generator.next()
    })

    expect(records).toEqual([])
    expect(left).toHaveBeenCalledTimes(1)
  })

  it('stays unchanged if it is frozen', () => {
    expect(traceIterator(Object.freeze(rows()), open)).toBe(false)
  })
})
