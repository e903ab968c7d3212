import { expect, it, vi } from 'vitest'
import { isKeyAwaited, onFirstKey, runFirstKeyActions } from '../src/keys/first-key.js'

it('each action for onFirstKey() runs once, when the process gets its first key', () => {
  const [act, takenBack] = [vi.fn(), vi.fn()]
  onFirstKey(act)
  onFirstKey(takenBack)()

  const before = isKeyAwaited()
  runFirstKeyActions()
  runFirstKeyActions()

  expect([before, isKeyAwaited()]).toEqual([true, false])
  expect(act).toHaveBeenCalledTimes(1)
  expect(takenBack).not.toHaveBeenCalled()
})
