import { expect, it } from 'vitest'
import { isCanceled, isNetworkError } from '../src/http/response/network-error.js'

it('isNetworkError() distinguishes a network error from an error in the program', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })

  expect(isNetworkError(reset)).toBe(true)
  expect([new Error('no'), null, undefined, 'ECONNRESET'].map(isNetworkError)).toEqual(Array(4).fill(false))
  expect([new Error('no'), null, undefined].map(isCanceled)).toEqual([false, false, false])
})
