import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toPlainRecord } from '../src/otlp/points/plain.js'
import { makeRecord } from './make-record.js'

describe('toPlainRecord', () => {
  it('says of any info what JSON says, and refuses what has none', () => {
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

  it("copies, so that the record is nobody else's", () => {
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
    ['nothing', null],
  ])('refuses an info that is %s', (_, info) => {
    expect(toPlainRecord(makeRecord({ info: info as Record<string, unknown> }))).toBeUndefined()
  })

  it.each(['name', 'base_id', 'parent_id', 'trace_id', 'timestamp', 'project', 'service'])(
    'refuses a record whose %s is no text',
    member => {
      expect(toPlainRecord({ ...makeRecord(), [member]: 7 })).toBeUndefined()
    },
  )

  it('keeps what looks like a prototype a member like any other, also deep down', () => {
    const info = JSON.parse('{"a": {"__proto__": {"polluted": true}}, "constructor": {"prototype": 1}}')

    expect(JSON.stringify(toPlainRecord(makeRecord({ info }))?.info)).toBe(JSON.stringify(info))
    expect({}).not.toHaveProperty('polluted')
  })
})

function cycle(): object {
  const info: Record<string, unknown> = {}
  info.self = info
  return info
}

/** Undefined where JSON has nothing to say. */
function throughJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value))
  } catch {
    return undefined
  }
}
