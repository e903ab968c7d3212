import { describe, expect, it } from 'vitest'
import type { Cause, Stretch } from '../src/tree/account.js'
import { createAccountClock, findFirst, isKnown } from '../src/why/account-clock.js'
import { makeCause } from './make-cause.js'

const cpu = makeCause('cpu')
const timer = makeCause('wait', { what: 'timer' })
const unknown = makeCause('unknown')

/** An account of 100 µs. The time from 30 to 40 is not in its timeline. */
const timeline: Stretch[] = [
  { startUs: 10, endUs: 30, cause: cpu },
  { startUs: 40, endUs: 50, cause: timer },
  { startUs: 50, endUs: 60, cause: undefined },
  { startUs: 60, endUs: 70, cause: unknown },
  { startUs: 70, endUs: 110, cause: cpu },
]

function usBefore(us: number, cause: Cause | undefined, stretches = timeline): number {
  const clock = createAccountClock({ timeline: stretches })
  return clock.usBefore(clock.place(us), cause)
}

describe('the clock of an account', () => {
  it.each([
    [Number.NEGATIVE_INFINITY, 0, 0, 0],
    [10, 0, 0, 0],
    [11, 1, 0, 1],
    [30, 20, 0, 20],
    [35, 20, 0, 20],
    [45, 20, 5, 25],
    [55, 20, 10, 30],
    [65, 20, 10, 30],
    [80, 30, 10, 40],
    [110, 60, 10, 70],
    [Number.POSITIVE_INFINITY, 60, 10, 70],
  ])(
    'counts, before %d µs, %d µs of CPU, %d µs of waiting, and %d µs of all known causes',
    (us, ofCpu, ofTimer, all) => {
      expect([cpu, timer, undefined].map(cause => usBefore(us, cause))).toEqual([ofCpu, ofTimer, all])
    },
  )

  it('lists each known cause once, in the order of the timeline', () => {
    expect(createAccountClock({ timeline }).causes).toEqual([cpu, timer])
  })

  it('tells two causes with the same members apart', () => {
    const twin = { ...cpu }
    const stretches = [cpu, twin].map((cause, index) => ({ startUs: index * 10, endUs: index * 10 + 10, cause }))

    expect([cpu, twin, undefined].map(cause => usBefore(15, cause, stretches))).toEqual([10, 5, 15])
  })

  it('counts no time of a cause that is unknown or not in the timeline', () => {
    expect([unknown, makeCause('gc')].map(cause => usBefore(110, cause))).toEqual([0, 0])
  })

  it('counts no time if the timeline is empty', () => {
    const clock = createAccountClock({ timeline: [] })

    expect(clock.causes).toEqual([])
    expect(clock.place(50)).toEqual({ us: 50, index: 0 })
    expect(clock.usBefore(clock.place(50), undefined)).toBe(0)
  })

  it('places a time at the first interval that ends after this time', () => {
    const clock = createAccountClock({ timeline })

    expect([0, 29, 30, 109, 110].map(us => clock.place(us).index)).toEqual([0, 0, 1, 4, 5])
  })
})

describe('findFirst', () => {
  it('returns the same index as a search from the beginning, for each time', () => {
    const times = Array.from({ length: 121 }, (_, us) => us)

    const found = times.map(us => findFirst(timeline, us))

    expect(found).toEqual(times.map(us => timeline.filter(({ endUs }) => endUs <= us).length))
  })
})

describe('isKnown', () => {
  it('is false for no cause and for a cause of the kind unknown', () => {
    expect([cpu, timer, unknown, undefined].map(isKnown)).toEqual([true, true, false, false])
  })
})
