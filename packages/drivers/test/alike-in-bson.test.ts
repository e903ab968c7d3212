import { exactFloat } from '@osprofiler/core/json'
import fc from 'fast-check'
import { BSON } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { isAlikeInBson } from '../src/mongodb/alike-in-bson.js'

describe('isAlikeInBson', () => {
  it('holds for no info of which BSON says something else', () => {
    const info = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ noUnicodeString: false }))

    fc.assert(
      fc.property(info, value => {
        const plain = JSON.parse(JSON.stringify(value))

        if (isAlikeInBson(plain)) expect(BSON.deserialize(BSON.serialize(plain))).toEqual(plain)
      }),
      { numRuns: 100 },
    )
  })

  it('holds for what services record', () => {
    const params: unknown[] = [1, -2.5, true, null, ['x']]

    expect(isAlikeInBson({ host: 'web-1', db: { statement: 'SELECT é', params }, '': {} })).toBe(true)
  })

  it.each([
    ['an operator', { $where: 1 }],
    ['a type of BSON', { _bsontype: 'ObjectId' }],
    ['a prototype', JSON.parse('{"__proto__": 1}')],
    ['NUL in a key', { 'a\0b': 1 }],
    ['half a surrogate pair', { a: ['\ud800'] }],
    ['a number for which 32 bits are not enough', { a: 2 ** 31 }],
    ['no number', { a: Number.NaN }],
    ['a number that JSON tells exactly', { a: exactFloat(1) }],
    ['more text than may have room', { a: 'x'.repeat(1_000_000) }],
    ['more levels than fifty', JSON.parse(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`)],
  ])('leaves %s to a closer look', (_, info) => {
    expect(isAlikeInBson(info)).toBe(false)
  })
})
