import { describe, expect, it } from 'vitest'
import { readPromiseState, readStateAndValue } from '../src/promises/promise-state.js'

const rejected = Promise.reject('no')
rejected.catch(() => {})
const watchful = Promise.resolve({
  get value(): never {
    return expect.unreachable()
  },
})

describe('the state of a promise', () => {
  it.each([
    ['pending', new Promise(() => {}), 'pending'],
    ['fulfilled', Promise.resolve(1), 'fulfilled'],
    ['rejected with a string', rejected, 'rejected'],
  ])('is found without attaching a handler: %s', (_, promise, state) => {
    expect(readPromiseState(promise)).toBe(state)
    expect(readStateAndValue(promise)).toBe(state)
  })

  it('is found without running code of the object with which the promise is fulfilled', () => {
    expect(readPromiseState(watchful)).toBe('object')
    expect(readStateAndValue(watchful)).toBe('fulfilled')
  })
})
