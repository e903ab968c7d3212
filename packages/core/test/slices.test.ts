import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { createSlices } from '../src/why/account/slices.js'

let now: MockInstance<() => number>
beforeEach(() => {
  now = vi.spyOn(performance, 'now').mockReturnValue(1_000)
})
afterEach(() => now.mockRestore())

const moveTo = (ms: number): void => void now.mockReturnValue(1_000 + ms)

describe('a slice', () => {
  it('lasts for 6 ms, in which a loop does not wait', () => {
    const slices = createSlices()
    const waits = [0, 1, 5.9].map(ms => {
      moveTo(ms)
      return slices.next()
    })

    expect(waits).toEqual([undefined, undefined, undefined])
  })

  it('is followed by work of the process that was already waiting', async () => {
    const order: string[] = []
    const slices = createSlices()
    setImmediate(() => order.push('other work'))
    moveTo(6)

    const wait = slices.next()
    order.push('slice')
    await wait
    order.push('next slice')

    expect(order).toEqual(['slice', 'other work', 'next slice'])
  })

  it('begins when the other work is done, so the time of that work does not count', async () => {
    const slices = createSlices()
    setImmediate(() => moveTo(500))
    moveTo(6)
    await slices.next()

    moveTo(505)
    const early = slices.next()
    moveTo(506)
    const late = slices.next()

    expect(early).toBeUndefined()
    expect(late).toBeInstanceOf(Promise)
    await late
  })
})
