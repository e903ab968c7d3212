import { describe, expect, it } from 'vitest'
import { createStepTotals } from '../src/points/step-totals.js'

describe('step totals', () => {
  it('are empty before the first step', () => {
    expect(createStepTotals().list()).toEqual([])
  })

  it('contain the number of steps and their total time by name, with the longest total first', () => {
    const totals = createStepTotals()

    for (const [name, ms] of [
      ['db', 1.5],
      ['http', 4],
      ['db', 2],
      ['idle', 0],
    ] as const)
      totals.add(name, ms)

    expect(totals.list()).toEqual([
      { name: 'http', count: 1, ms: 4 },
      { name: 'db', count: 2, ms: 3.5 },
      { name: 'idle', count: 1, ms: 0 },
    ])
  })

  it('keep the order of the first steps for equal totals', () => {
    const totals = createStepTotals()

    for (const name of ['b', 'a', 'c']) totals.add(name, 1)

    expect(totals.list().map(({ name }) => name)).toEqual(['b', 'a', 'c'])
  })

  it('sum steps whose names are members of every object', () => {
    const totals = createStepTotals()

    for (const name of ['__proto__', 'constructor', '__proto__', '']) totals.add(name, 1)

    expect(totals.list()).toEqual([
      { name: '__proto__', count: 2, ms: 2 },
      { name: 'constructor', count: 1, ms: 1 },
      { name: '', count: 1, ms: 1 },
    ])
  })

  it('leave out further names after the first hundred, and still sum the known ones', () => {
    const totals = createStepTotals()
    for (let index = 0; index < 1_000; index++) totals.add(`step ${index}`, 1)

    totals.add('step 99', 5)
    totals.add('step 100', 5)

    expect(totals.list()).toHaveLength(100)
    expect(totals.list()[0]).toEqual({ name: 'step 99', count: 2, ms: 6 })
    expect(totals.list().map(({ name }) => name)).not.toContain('step 100')
  })

  it('do not change a list that was returned earlier', () => {
    const totals = createStepTotals()
    totals.add('db', 1)
    const before = totals.list()

    totals.add('db', 1)
    totals.add('http', 1)

    expect(before).toEqual([{ name: 'db', count: 1, ms: 1 }])
  })
})
