import { expect, it, vi } from 'vitest'
import { createTimeoutMark } from '../src/http/response/timeout-mark.js'

it('a time-out counts as recent for one second', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(5_000)
  const mark = createTimeoutMark()
  const before = mark.isRecent()

  mark.note()
  now.mockReturnValue(5_999)
  const soon = mark.isRecent()
  now.mockReturnValue(6_000)

  expect([before, soon, mark.isRecent()]).toEqual([false, true, false])
  vi.restoreAllMocks()
})
