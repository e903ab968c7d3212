import { expect, it } from 'vitest'
import { createBackoff } from '../src/delivery/writing/backoff.js'

it('doubles the pause up to the maximum, and starts again after a success', () => {
  const backoff = createBackoff({ minBackoff: 300, maxBackoff: 1_000 })

  const pauses = [backoff.next(false), backoff.next(false), backoff.next(false), backoff.next(false)]
  backoff.reset()

  expect(pauses).toEqual([300, 600, 1_000, 1_000])
  expect(backoff.next(false)).toBe(300)
})

it('returns a short pause while a flush waits', () => {
  const backoff = createBackoff({ minBackoff: 2_000, maxBackoff: 8_000 })

  expect([backoff.next(true), backoff.next(true), backoff.next(false)]).toEqual([500, 500, 8_000])
})
