import { expect, it } from 'vitest'
import { formatDelta, formatSignedShare } from '../pages/list/compare/format-delta.js'

it.each([
  [0.8, '+80 %'],
  [-0.0312, '−3.1 %'],
  [12.345, '+1,235 %'],
  [0.0004, '< 0.1 %'],
  [-0.0004, '< 0.1 %'],
  [0, ''],
  [null, ''],
])('formatSignedShare formats the share %j as %j', (share, text) => {
  expect(formatSignedShare(share)).toBe(text)
})

it('formatDelta formats a difference with its sign', () => {
  expect([45_000, 0, -12].map(formatDelta)).toEqual(['+45.0 ms', '0 µs', '−12 µs'])
})
