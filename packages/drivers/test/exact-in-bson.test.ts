import { exactFloat } from '@osprofiler/core/json'
import fc from 'fast-check'
import { BSON } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { isExactInBson } from '../src/mongodb/exact-in-bson.js'

describe('isExactInBson', () => {
  it('is false for any info that BSON changes', () => {
    const info = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ noUnicodeString: false }))

    fc.assert(
      fc.property(info, value => {
        const plain = JSON.parse(JSON.stringify(value))

        if (isExactInBson(plain)) expect(BSON.deserialize(BSON.serialize(plain))).toEqual(plain)
      }),
      { numRuns: 100 },
    )
  })

  it('is true for the info that services record', () => {
    const params: unknown[] = [1, -2.5, true, null, ['x']]

    expect(isExactInBson({ host: 'web-1', db: { statement: 'SELECT é', params }, '': {} })).toBe(true)
  })

  it.each([
    ['an operator', { $where: 1 }],
    ['a BSON type', { _bsontype: 'ObjectId' }],
    ['a member "__proto__"', JSON.parse('{"__proto__": 1}')],
    ['NUL in a key', { 'a\0b': 1 }],
    ['half a surrogate pair', { a: ['\ud800'] }],
    ['an integer of more than 32 bits', { a: 2 ** 31 }],
    ['NaN', { a: Number.NaN }],
    ['a float that must keep its decimal point', { a: exactFloat(1) }],
    ['a string of a million characters', { a: 'x'.repeat(1_000_000) }],
    ['objects that are nested more than fifty levels deep', JSON.parse(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`)],
  ])('is false for info that contains %s', (_, info) => {
    expect(isExactInBson(info)).toBe(false)
  })
})
