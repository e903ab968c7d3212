import { expect, it, vi } from 'vitest'
import { awaitFirstKey, isKeyAwaited, tellFirstKey } from '../src/keys/first-key.js'

it('calls once, at the first key, what waits for one', () => {
  const [act, takenBack] = [vi.fn(), vi.fn()]
  awaitFirstKey(act)
  awaitFirstKey(takenBack)()

  const before = isKeyAwaited()
  tellFirstKey()
  tellFirstKey()

  expect([before, isKeyAwaited()]).toEqual([true, false])
  expect(act).toHaveBeenCalledTimes(1)
  expect(takenBack).not.toHaveBeenCalled()
})
