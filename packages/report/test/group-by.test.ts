import { describe, expect, it } from 'vitest'
import { groupBy } from '../src/tree/group-by.js'

describe('things under a key', () => {
  it('stand in the order in which they came', () => {
    const groups = groupBy(['bee', 'ant', 'bat', 'asp'], word => word[0])

    expect([...groups]).toEqual([
      ['b', ['bee', 'bat']],
      ['a', ['ant', 'asp']],
    ])
  })
})
