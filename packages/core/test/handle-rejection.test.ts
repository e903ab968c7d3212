import { describe, expect, it, vi } from 'vitest'
import { handleRejection } from '../src/platform/handle-rejection.js'

describe('handleRejection', () => {
  it('reports the reason of a rejected promise or thenable', async () => {
    const failed = vi.fn()
    const error = new Error('no')
    const reject = (_: unknown, fail: (reason: unknown) => void): void => fail('thenable')
    const thenable: unknown = Object.fromEntries([['then', reject]])

    await handleRejection(Promise.reject(error), failed)
    await handleRejection(thenable, failed)

    expect(failed.mock.calls).toEqual([[error], ['thenable']])
  })

  it('handles a rejection even without a callback, and does not report a fulfillment', async () => {
    const failed = vi.fn()

    await handleRejection(Promise.reject(new Error('no')))
    await handleRejection(Promise.resolve(1), failed)
    await handleRejection('no promise', failed)

    expect(failed).not.toHaveBeenCalled()
  })
})
