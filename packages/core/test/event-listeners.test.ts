import { get, run } from '@osprofiler/core'
import { expect, it, vi } from 'vitest'
import { createEventListeners } from '../src/delivery/losses/event-listeners.js'

it('each event listener is called untraced, even if another listener throws or rejects', () => {
  const listeners = createEventListeners()
  const told = vi.fn((...details: unknown[]) => void [details, expect(get()).toBeUndefined()])
  listeners.add('error', () => {
    throw new Error('own concern')
  })
  listeners.add('error', () => Promise.reject(new Error('own concern')))
  listeners.add('error', told)

  run({ hmacKey: 'KEY' }, () => {
    listeners.emit('error', 1, 2)
    listeners.emit('drop', 3)
  })

  expect(told.mock.calls).toEqual([[1, 2]])
  expect(['error', 'drop'].map(listeners.has)).toEqual([true, false])
  expect(() => listeners.add('error', 7 as never)).toThrow('A listener must be a function, not number')
})
