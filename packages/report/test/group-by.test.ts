import { describe, expect, it } from 'vitest'
import { groupBy } from '../src/tree/group-by.js'

describe('groupBy', () => {
  it('keeps the order of keys and items', () => {
    const groups = groupBy(['bee', 'ant', 'bat', 'asp'], word => word[0])

    expect([...groups]).toEqual([
      ['b', ['bee', 'bat']],
      ['a', ['ant', 'asp']],
    ])
  })
})
