import { expect, it } from 'vitest'
import { clampTimeout } from '../src/platform/clamp-timeout.js'

it('clampTimeout() limits a timeout to the maximum that Node supports', () => {
  expect([5, 2 ** 31 - 1, 2 ** 31, Number.POSITIVE_INFINITY].map(clampTimeout)).toEqual([
    5,
    2 ** 31 - 1,
    2 ** 31 - 1,
    2 ** 31 - 1,
  ])
})
