import { describe, expect, it } from 'vitest'
import { periodsOf, ranOf } from './fixtures/recordings.js'

const [first, second, idle] = [ranOf('code', 'first'), ranOf('code', 'second'), ranOf('idle')]

describe('the division of a period by samples', () => {
  it('ends the period of a sample halfway to the next sample', () => {
    const divided = periodsOf([10, first], [11, second]).divide(9, 13)

    expect(divided).toEqual([
      { from: 9, to: 10.5, ran: first },
      { from: 10.5, to: 13, ran: second },
    ])
  })

  it('gives the delay of a late sample to this sample', () => {
    const divided = periodsOf([10, first], [30, second]).divide(10, 31)

    expect(divided.map(({ from, to }) => [from, to])).toEqual([
      [10, 10.5],
      [10.5, 31],
    ])
  })

  it('uses only samples in the period, and only those that are shown', () => {
    const periods = periodsOf([1, first], [2, idle], [3, second], [4, first])

    const divided = periods.divide(2, 4, ({ kind }) => kind !== 'idle')

    expect(divided).toEqual([{ from: 2, to: 4, ran: second }])
  })

  it.each([
    ['there are no samples', periodsOf(), true],
    ['all samples are earlier or later', periodsOf([1, first], [9, second]), false],
  ])('is empty if %s', (_, periods, areMissing) => {
    expect(periods.divide(2, 4)).toEqual([])
    expect(periods.areMissing).toBe(areMissing)
  })
})

describe('the last idle sample of a period', () => {
  const periods = periodsOf([1, idle], [2, idle], [3, first])

  it.each([
    [0, 4, 2],
    [0, 2, 1],
    [2, 4, undefined],
    [3, 4, undefined],
  ])('from %j to %j was taken at %j', (from, to, at) => {
    expect(periods.findLastIdle(from, to)).toBe(at)
  })
})
