import { configure } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { afterEach, describe, expect, it } from 'vitest'
import { dropRecords } from './fixtures/drop-records.js'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'

dropRecords()
afterEach(() => {
  configure({ hmacKeys: undefined })
})

describe('tracedByKey', () => {
  it.each<[string, string, readonly number[]]>([
    ['stays', 'A,B', [2, 1]],
    ['moves', 'B,A', [1, 2]],
    ['stays behind a new one', 'NEW,A', [0, 2]],
    ['is left alone', 'B', [1]],
    ['is named twice', 'A,B,A', [2, 1, 0]],
    ['is replaced by another', 'NEW', [0]],
  ])('carries the count of a key over to a list that %s', (_what, next, expected) => {
    configure({ hmacKeys: 'A,B' })
    const tracer = createRequestTracer()
    for (const key of ['A', 'B', 'A']) expect(serveFake(tracer, signedHeaders(key))).toBe(true)

    configure({ hmacKeys: next })

    expect(tracer.stats.tracedByKey).toEqual(expected)
    expect(tracer.stats.traced).toBe(3)
  })

  it('keeps counting after a rotation without a read of the counts', () => {
    configure({ hmacKeys: 'A,B' })
    const tracer = createRequestTracer()
    serveFake(tracer, signedHeaders('B'))

    configure({ hmacKeys: 'NEW,B' })
    serveFake(tracer, signedHeaders('B'))
    serveFake(tracer, signedHeaders('NEW'))

    expect(tracer.stats.tracedByKey).toEqual([1, 2])
  })

  it('keeps its counts while there are no keys for a moment', () => {
    configure({ hmacKeys: 'A' })
    const tracer = createRequestTracer()
    serveFake(tracer, signedHeaders('A'))

    configure({ hmacKeys: undefined })
    const meanwhile = tracer.stats.tracedByKey
    configure({ hmacKeys: 'A' })

    expect([meanwhile, tracer.stats.tracedByKey]).toEqual([[], [1]])
  })

  it('returns a new list for each caller', () => {
    configure({ hmacKeys: 'A' })
    const tracer = createRequestTracer()

    ;(tracer.stats.tracedByKey as number[])[0] = 7

    expect(tracer.stats.tracedByKey).toEqual([0])
  })
})
