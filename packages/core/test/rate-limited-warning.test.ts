import { afterEach, expect, it, vi } from 'vitest'
import { createRateLimitedWarning } from '../src/platform/rate-limited-warning.js'

afterEach(() => void vi.restoreAllMocks())

it('each kind of warning is emitted at most once a minute, and says how many warnings were suppressed', () => {
  const told = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const now = vi.spyOn(performance, 'now').mockReturnValue(0)
  const warn = createRateLimitedWarning()
  const describe = (heldBack: number): string => `${heldBack} more`

  const emitted = [warn('a', 'CODE', describe), warn('a', 'CODE', describe), warn('b', 'CODE', describe)]
  now.mockReturnValue(60_000)
  emitted.push(warn('a', 'CODE', describe))

  expect(emitted).toEqual([true, false, true, true])
  expect(told.mock.calls.map(([message]) => message)).toEqual(['0 more', '0 more', '1 more'])
})
