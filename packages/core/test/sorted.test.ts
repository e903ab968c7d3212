import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findFirst, findFirstBy } from '../src/why/account/sorted.js'

describe('findFirst', () => {
  it.each([
    [[], 1, 0],
    [[1, 2, 3], 0, 0],
    [[1, 2, 3], 2, 1],
    [[1, 2, 3], 2.5, 2],
    [[1, 2, 3], 4, 3],
    [[1, 2, 2, 2, 3], 2, 1],
    [[2, 2], 2, 0],
    [[1, 2], Number.NEGATIVE_INFINITY, 0],
    [[1, 2], Number.POSITIVE_INFINITY, 2],
    [[Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY], Number.POSITIVE_INFINITY, 2],
  ])('finds in %j the first number that is not below %d at position %i', (list, value, position) => {
    expect(findFirst(list, value)).toBe(position)
  })

  it('agrees with a search from the start of the list', () => {
    const numbers = fc.array(fc.integer({ min: -9, max: 9 })).map(list => list.sort((one, other) => one - other))
    fc.assert(
      fc.property(numbers, fc.integer({ min: -10, max: 10 }), (list, value) => {
        const expected = list.findIndex(item => item >= value)

        expect(findFirst(list, value)).toBe(expected < 0 ? list.length : expected)
      }),
    )
  })
})

describe('findFirstBy', () => {
  it('compares the number of each item', () => {
    const list = [{ at: 1 }, { at: 5 }, { at: 5 }, { at: 9 }]

    expect([0, 5, 6, 10].map(value => findFirstBy(list, value, ({ at }) => at))).toEqual([0, 1, 3, 4])
  })

  it('reads the numbers of only a few items of a long list', () => {
    const list = Array.from({ length: 100_000 }, (_, at) => at)
    let reads = 0

    const position = findFirstBy(list, 77_777, item => {
      reads++
      return item
    })

    expect(position).toBe(77_777)
    expect(reads).toBeLessThanOrEqual(17)
  })
})
