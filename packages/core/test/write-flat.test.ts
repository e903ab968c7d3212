import { describe, expect, it } from 'vitest'
import { ExactNumber } from '../src/json/exact-number.js'
import { holdsWord, writeFlat } from '../src/json/write-flat.js'

it('holdsWord() finds NaN and infinite numbers at any depth, but not in strings', () => {
  expect(holdsWord({ a: [{ b: Number.NEGATIVE_INFINITY }] })).toBe(true)
  expect(holdsWord({ a: ['NaN', 1, null] })).toBe(false)
})

describe('writeFlat', () => {
  it('writes like JSON.stringify, but keeps exact numbers', () => {
    const plain = { a: [1, 'x', null, undefined, () => {}], b: undefined, c: new Date(0), d: { e: [] } }

    expect(writeFlat(plain, 0)).toBe(JSON.stringify(plain))
    expect(writeFlat([new ExactNumber('1.0'), Number.NaN], 0)).toBe('[1.0,NaN]')
  })

  it('writes cycles and big integers, which JSON.stringify refuses', () => {
    const cycle: unknown[] = [1n]
    cycle.push(cycle)

    expect(writeFlat(cycle, 0)).toBe('["1","[circular]"]')
  })
})
