import { expect, it } from 'vitest'
import { createPendingFlushes } from '../src/delivery/pending-flushes.js'

it('a flush finishes when its records are settled, while other flushes keep waiting', async () => {
  const flushes = createPendingFlushes()
  const ended: number[] = []
  for (const target of [1, 2]) void flushes.wait(target, 60_000).then(() => ended.push(target))

  flushes.finishSettled(target => target === 1)
  await Promise.resolve()

  expect([ended, flushes.size]).toEqual([[1], 1])
  flushes.finishAll()
  await Promise.resolve()
  expect([ended, flushes.size]).toEqual([[1, 2], 0])
})

it('a flush finishes after its timeout', async () => {
  const flushes = createPendingFlushes()

  await flushes.wait(1, 1)

  expect(flushes.size).toBe(0)
})
