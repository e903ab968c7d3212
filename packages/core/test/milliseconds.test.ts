import { expect, it } from 'vitest'
import { roundMs, toUs } from '../src/recording/milliseconds.js'

it('roundMs() rounds a time to whole microseconds', () => {
  expect([0, 1, 0.1 + 0.2, 1.23449, 1.23451, 0.0004, 0.0006, -1.23451].map(roundMs)).toEqual([
    0, 1, 0.3, 1.234, 1.235, 0, 0.001, -1.235,
  ])
})

it('roundMs() keeps the microseconds of a process that has run for years', () => {
  expect(roundMs(315_360_000_000.1236)).toBe(315_360_000_000.124)
})

it('toUs() returns whole microseconds', () => {
  expect([0, 1, 0.1 + 0.2, 1.23449, 1.23451, 0.0004, -1.23451].map(toUs)).toEqual([
    0, 1_000, 300, 1_234, 1_235, 0, -1_235,
  ])
})

it('rounded times are short in a record, and have no negative zero', () => {
  expect(JSON.stringify([roundMs(0.1 + 0.2), roundMs(-0.0004), toUs(-0.0004)])).toBe('[0.3,0,0]')
})
