import type { TraceRecord } from '@osprofiler/core'
import { parseJson, stringifyJson } from '@osprofiler/core/json'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toPlainRecord } from '../src/records/plain-record.js'
import { makeRecord } from './make-record.js'

describe('toPlainRecord', () => {
  it('copies any info as JSON would, and refuses info that JSON cannot represent', () => {
    const anything = fc.anything({ withDate: true, withMap: true, withSparseArray: true, withNullPrototype: true })
    const info = fc.oneof(
      fc.dictionary(fc.string({ unit: 'binary' }), anything, { noNullPrototype: false }),
      fc.object({ withBigInt: true, withBoxedValues: true, withTypedArray: true }),
    )

    fc.assert(
      fc.property(info, value => {
        const record = toPlainRecord(makeRecord({ info: value }))

        expect(record?.info).toStrictEqual(throughJson(value))
      }),
      { numRuns: 100 },
    )
  })

  it('copies the record, so that later changes to the original do not affect the copy', () => {
    const given = makeRecord({ info: { db: { params: [1, -0, true, null, ['x']] }, none: undefined } })

    const record = toPlainRecord(given)
    Object.assign(given.info, { db: 'changed' })

    expect(record).toEqual({ ...given, info: { db: { params: [1, 0, true, null, ['x']] } } })
  })

  it.each([
    [
      'a getter that throws',
      {
        get a() {
          throw new Error('mine')
        },
      },
    ],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('mine')
          },
        },
      ),
    ],
    ['a cycle', cycle()],
    ['a list', [1]],
    ['null', null],
    ['an object whose toJSON() returns undefined', { toJSON: () => undefined }],
    ['an object whose toJSON() returns a symbol', { toJSON: () => Symbol('none') }],
    ['an object too deep for JSON', JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)],
  ])('refuses info: %s', (_, info) => {
    expect(toPlainRecord(makeRecord({ info: info as Record<string, unknown> }))).toBeUndefined()
  })

  it.each(['name', 'base_id', 'parent_id', 'trace_id', 'timestamp', 'project', 'service'])(
    'refuses a record whose %s is not a string',
    member => {
      expect(toPlainRecord({ ...makeRecord(), [member]: 7 })).toBeUndefined()
    },
  )

  it.each([
    ['null', null],
    ['a string', 'record'],
    ['a list', [makeRecord()]],
    ['a record that throws when it is read', trap(makeRecord())],
    ['a record with an invalid timestamp', makeRecord({ timestamp: 'yesterday' })],
  ])('refuses %s', (_, value) => {
    expect(toPlainRecord(value)).toBeUndefined()
  })

  it('reads each member once, so that a getter cannot return a different value later', () => {
    let reads = 0
    const changing = {
      ...makeRecord(),
      get name() {
        return reads++ === 0 ? 'wsgi-start' : (7 as never)
      },
    }

    expect(toPlainRecord(changing)).toMatchObject({ name: 'wsgi-start' })
  })

  it('keeps numbers from JSON that JavaScript cannot represent', () => {
    const info = parseJson('{"params": [1.0, 9007199254740993]}') as Record<string, unknown>

    expect(stringifyJson(toPlainRecord(makeRecord({ info }))?.info)).toBe('{"params":[1.0,9007199254740993]}')
  })

  it('keeps info that is nested a thousand levels deep', () => {
    const info = JSON.parse(`${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`)

    expect(JSON.stringify(toPlainRecord(makeRecord({ info }))?.info)).toBe(JSON.stringify(info))
  })

  it('keeps "__proto__" as an ordinary member at any depth', () => {
    const info = JSON.parse('{"a": {"__proto__": {"polluted": true}}, "constructor": {"prototype": 1}}')

    expect(JSON.stringify(toPlainRecord(makeRecord({ info }))?.info)).toBe(JSON.stringify(info))
    expect({}).not.toHaveProperty('polluted')
  })
})

function trap(record: TraceRecord): TraceRecord {
  return {
    ...record,
    get base_id(): string {
      throw new Error('mine')
    },
  }
}

function cycle(): object {
  const info: Record<string, unknown> = {}
  info.self = info
  return info
}

/** Returns a value after a round trip through JSON, or undefined if JSON cannot represent it. */
function throughJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value))
  } catch {
    return undefined
  }
}
