import fc from 'fast-check'
import { BSON } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { copyPlain } from '../src/mongodb/plain.js'

describe('copyPlain', () => {
  it('says of any value what JSON says, also once BSON had it, or nothing', () => {
    const anything = fc.anything({ withDate: true, withMap: true, withSparseArray: true, withNullPrototype: true })
    const info = fc.oneof(fc.dictionary(fc.string({ unit: 'binary' }), anything), fc.object(), anything)

    fc.assert(
      fc.property(info, value => {
        const copy = copyPlain(value)

        if (copy === undefined) return
        expect(copy).toEqual(JSON.parse(JSON.stringify(value)))
        expect(BSON.deserialize(BSON.serialize(copy))).toEqual(copy)
      }),
      { numRuns: 500 },
    )
  })

  it("copies what services record, so that it is nobody else's", () => {
    const params: unknown[] = [1, -2.5, true, null, ['x']]
    const info = { host: 'web-1', db: { statement: 'SELECT é', params }, '': {} }

    const copy = copyPlain(info)
    params.push('later')

    expect(copy).toEqual({ host: 'web-1', db: { statement: 'SELECT é', params: [1, -2.5, true, null, ['x']] }, '': {} })
  })

  it.each([
    ['an operator', { $where: 1 }],
    ['a type of BSON', { _bsontype: 'ObjectId' }],
    ['a prototype', JSON.parse('{"__proto__": 1}')],
    ['NUL in a key', { 'a\0b': 1 }],
    ['half a surrogate pair', { a: ['\ud800'] }],
    ['a number for which 32 bits are not enough', { a: 2 ** 31 }],
    ['no number', { a: Number.NaN }],
    ['a date', { a: new Date() }],
    ['a member that is not there', { a: undefined }],
    ['more text than may have room', { a: 'x'.repeat(1_000_000) }],
    ['more levels than fifty', JSON.parse(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`)],
    ['a list', [1]],
  ])('leaves %s to a closer look', (_, info) => {
    expect(copyPlain(info)).toBeUndefined()
  })
})
