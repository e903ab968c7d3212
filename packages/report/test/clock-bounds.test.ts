import { describe, expect, it } from 'vitest'
import { boundClocks } from '../src/clocks/clock-bounds.js'
import { reportOf } from './find.js'
import { type Point, sent, served } from './make-trace.js'

function bound(call: Partial<Point>, callee: Partial<Point>, forwards = true) {
  const { points } = reportOf(
    { id: 'call', ...sent('db', 80, '/'), from: 0, to: 100_000, ...call },
    { id: 'callee', parent: 'call', host: 'db', ...served('/'), from: 10_000, to: 60_000, ...callee },
  )
  const [parent, child] = ['call', 'callee'].map(id => points.find(({ traceId }) => traceId === id))
  return parent && child && boundClocks(parent, child, forwards)
}

describe('a call and what it called', () => {
  it('bound the difference of their clocks from both sides', () => {
    expect(bound({}, {})).toMatchObject({ min: -10_000, max: 40_000, isLoose: { min: false, max: false } })
  })

  it('say the opposite the other way round', () => {
    expect(bound({}, {}, false)).toMatchObject({ min: -40_000, max: 10_000 })
  })

  it('bound it loosely where the answer was an error of a proxy', () => {
    const call = { stopInfo: { requests: { status_code: 502 } } }

    expect(bound(call, {})).toMatchObject({ min: -10_000, isLoose: { min: false, max: true } })
  })

  it('bound it on one side alone where the callee was only handed over to', () => {
    expect(bound({}, { name: 'job', info: {} })?.max).toBe(Number.POSITIVE_INFINITY)
  })

  it('say nothing where a start is not known', () => {
    const { points } = reportOf({ id: 'call', from: 0, to: 9 })
    const [node] = points

    expect(node && boundClocks(node, { ...node, startedUs: undefined }, true)).toBeUndefined()
  })
})
