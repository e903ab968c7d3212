import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StackBudget } from '../src/call-sites/stack-budget.js'

let now: number
beforeEach(() => {
  now = 1_000
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})
afterEach(() => void vi.restoreAllMocks())

/** Spends the time as reads that each take `ms`. */
function spend(budget: StackBudget, reads: number, ms: number): void {
  for (let read = 0; read < reads; read++) {
    budget.spend(() => {
      now += ms
    })
  }
}

describe('the time for reading the stacks of a request', () => {
  it('is available at the start', () => {
    expect(new StackBudget().hasTime()).toBe(true)
  })

  it('ends after 5 ms plus 5% of the duration of the request', () => {
    const budget = new StackBudget()

    spend(budget, 20, 0.25)
    const before = budget.hasTime()
    spend(budget, 2, 0.25)

    // After 22 reads, 5.5 ms were spent in a request of 5.5 ms, which allows 5.275 ms.
    expect([before, budget.hasTime()]).toEqual([true, false])
  })

  it('grows while the request lasts', () => {
    const budget = new StackBudget()
    spend(budget, 10, 1)

    const before = budget.hasTime()
    now += 100

    expect([before, budget.hasTime()]).toEqual([false, true])
  })

  it('counts at most 1 ms for one stack, because a longer time includes a pause of the process', () => {
    const budget = new StackBudget()

    spend(budget, 1, 60)

    expect(budget.hasTime()).toBe(true)
  })

  it('starts with the request, not with the process', () => {
    now = 1_000_000
    const budget = new StackBudget()

    spend(budget, 6, 1)

    expect(budget.hasTime()).toBe(false)
  })

  it('does not depend on other requests', () => {
    const first = new StackBudget()
    const second = new StackBudget()

    spend(first, 10, 1)

    expect([first.hasTime(), second.hasTime()]).toEqual([false, true])
  })
})

describe('spend()', () => {
  it('returns what the function returns', () => {
    const stack = ['loadOrders']

    expect(new StackBudget().spend(() => stack)).toBe(stack)
  })

  it('counts the time of a function that throws, and throws its error', () => {
    const budget = new StackBudget()
    const error = new Error('The stack cannot be read')
    const fail = (): never => {
      now += 1
      throw error
    }

    for (let read = 0; read < 6; read++) expect(() => budget.spend(fail)).toThrow(error)

    expect(budget.hasTime()).toBe(false)
  })
})
