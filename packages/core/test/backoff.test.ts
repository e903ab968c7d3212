import { expect, it } from 'vitest'
import { createBackoff } from '../src/delivery/writing/backoff.js'

it('the pause after a failed write doubles up to the maximum, and is short again after a success', () => {
  const backoff = createBackoff({ minBackoff: 300, maxBackoff: 1_000 })

  const pauses = [backoff.next(false), backoff.next(false), backoff.next(false), backoff.next(false)]
  backoff.reset()

  expect(pauses).toEqual([300, 600, 1_000, 1_000])
  expect(backoff.next(false)).toBe(300)
})

it('the pause after a failed write is short while a flush waits', () => {
  const backoff = createBackoff({ minBackoff: 2_000, maxBackoff: 8_000 })

  expect([backoff.next(true), backoff.next(true), backoff.next(false)]).toEqual([500, 500, 8_000])
})
