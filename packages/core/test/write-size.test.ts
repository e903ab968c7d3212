import { expect, it } from 'vitest'
import { createWriteSize } from '../src/delivery/writing/write-size.js'

const TAKEN = { kind: 'taken', refused: 0, unknown: 0, held: [], reason: '' } as const
const UNKNOWN = { kind: 'unknown', error: undefined, reason: '' } as const

it('the number of records per write shrinks after writes without an answer, and grows again with answers', () => {
  const size = createWriteSize(500)
  const sizes: number[] = []

  for (let write = 0; write < 4; write++) {
    size.adjust(size.current, UNKNOWN)
    sizes.push(size.current)
  }
  for (let write = 0; write < 8; write++) size.adjust(1, TAKEN)

  expect(sizes).toEqual([125, 31, 7, 1])
  expect(size.current).toBe(2)
})

it('the number of records per write never exceeds its initial value', () => {
  const size = createWriteSize(2)
  size.adjust(2, { ...TAKEN, unknown: 1 })

  for (let write = 0; write < 100; write++) size.adjust(1, TAKEN)

  expect(size.current).toBe(2)
})
