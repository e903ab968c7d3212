import { get } from '@osprofiler/core'
import { describe, expect, it, vi } from 'vitest'
import { followCall } from '../src/promises/follow-call.js'
import { traceRecords } from './fixtures/trace-records.js'

function outcome() {
  return { done: vi.fn(), failed: vi.fn() }
}

describe('followCall', () => {
  it('reports a returned value or a thrown error at once, and also returns or throws it', () => {
    const [returned, thrown] = [outcome(), outcome()]
    const error = new Error('no')

    expect(followCall(() => 7, returned)).toBe(7)
    expect(() =>
      followCall(() => {
        throw error
      }, thrown),
    ).toThrow(error)

    expect(returned.done).toHaveBeenCalledExactlyOnceWith(7, 0)
    expect(thrown.failed).toHaveBeenCalledExactlyOnceWith(error, 0)
  })

  it('reports once whether a promise was fulfilled or rejected, and returns the same promise', async () => {
    const [fulfilled, rejected] = [outcome(), outcome()]
    const error = new Error('no')
    const [good, bad] = [Promise.resolve(7), Promise.reject(error)]

    await traceRecords(async () => {
      expect(followCall(() => good, fulfilled)).toBe(good)
      expect(followCall(() => bad, rejected)).toBe(bad)
      await good
      await bad.catch(() => {})
    })

    await expect.poll(() => [fulfilled.done.mock.calls.length, rejected.failed.mock.calls.length]).toEqual([1, 1])
    expect(rejected.failed.mock.calls[0]?.[0]).toBe(error)
    expect([fulfilled.failed, rejected.done].map(fn => fn.mock.calls.length)).toEqual([0, 0])
  })

  it.each([
    ['at once', 0],
    ['after an await', 1],
    ['after several awaits', 20],
  ])('reports the error of an async function that failed %s, even outside a trace', async (_, awaits) => {
    const { done, failed } = outcome()
    const error = new Error('no')
    const fail = async () => {
      for (let each = 0; each < awaits; each++) await null
      throw error
    }

    await followCall(fail, { done, failed }).catch(() => {})

    await expect.poll(() => failed.mock.calls).toEqual([[error, expect.any(Number)]])
    expect(done).not.toHaveBeenCalled()
  })

  it('reports the value of an async function that ends at once, even outside a trace', async () => {
    const { done, failed } = outcome()

    await followCall(async () => 7, { done, failed }).then(() => {})

    await expect.poll(() => done.mock.calls).toEqual([[7, expect.any(Number)]])
  })

  it('runs the function in the current context, traced or untraced', async () => {
    let inside: unknown

    expect(followCall(() => get(), outcome())).toBeUndefined()
    await traceRecords(() => {
      inside = followCall(() => get() === undefined, outcome())
    })

    expect(inside).toBe(false)
  })
})
