import { expect, it } from 'vitest'
import { clampTimeout } from '../src/platform/clamp-timeout.js'

it('cuts a timeout to the longest one that Node waits for', () => {
  expect([5, 2 ** 31 - 1, 2 ** 31, Number.POSITIVE_INFINITY].map(clampTimeout)).toEqual([
    5,
    2 ** 31 - 1,
    2 ** 31 - 1,
    2 ** 31 - 1,
  ])
})
