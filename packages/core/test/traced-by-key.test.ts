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
    ['no key changes', 'A,B', [2, 1]],
    ['the keys change their order', 'B,A', [1, 2]],
    ['a new key is in front and another key is removed', 'NEW,A', [0, 2]],
    ['only one key is left', 'B', [1]],
    ['a key is listed twice', 'A,B,A', [2, 1, 0]],
    ['a new key replaces all keys', 'NEW', [0]],
  ])('keeps the count of each remaining key when the list of keys changes: %s', (_what, next, expected) => {
    configure({ hmacKeys: 'A,B' })
    const tracer = createRequestTracer()
    for (const key of ['A', 'B', 'A']) expect(serveFake(tracer, signedHeaders(key))).toBe(true)

    configure({ hmacKeys: next })

    expect(tracer.stats.tracedByKey).toEqual(expected)
    expect(tracer.stats.traced).toBe(3)
  })

  it('continues to count after a key rotation, even if the counts were not read before it', () => {
    configure({ hmacKeys: 'A,B' })
    const tracer = createRequestTracer()
    serveFake(tracer, signedHeaders('B'))

    configure({ hmacKeys: 'NEW,B' })
    serveFake(tracer, signedHeaders('B'))
    serveFake(tracer, signedHeaders('NEW'))

    expect(tracer.stats.tracedByKey).toEqual([1, 2])
  })

  it('keeps its counts while there are temporarily no keys', () => {
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
