import { get, run } from '@osprofiler/core'
import { expect, it, vi } from 'vitest'
import { createEventListeners } from '../src/delivery/losses/event-listeners.js'

it('tells each listener of an event, untraced, whatever another one throws or rejects with', () => {
  const listeners = createEventListeners()
  const told = vi.fn((...details: unknown[]) => void [details, expect(get()).toBeUndefined()])
  listeners.add('error', () => {
    throw new Error('own concern')
  })
  listeners.add('error', () => Promise.reject(new Error('own concern')))
  listeners.add('error', told)

  run({ hmacKey: 'KEY' }, () => {
    listeners.tell('error', 1, 2)
    listeners.tell('drop', 3)
  })

  expect(told.mock.calls).toEqual([[1, 2]])
  expect(['error', 'drop'].map(listeners.has)).toEqual([true, false])
  expect(() => listeners.add('error', 7 as never)).toThrow('A listener is a function, not number')
})
