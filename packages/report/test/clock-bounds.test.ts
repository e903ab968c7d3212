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

describe('boundClocks', () => {
  it('limits the clock offset between caller and callee from both sides', () => {
    expect(bound({}, {})).toMatchObject({ min: -10_000, max: 40_000, isLoose: { min: false, max: false } })
  })

  it('negates the limits for the opposite direction', () => {
    expect(bound({}, {}, false)).toMatchObject({ min: -40_000, max: 10_000 })
  })

  it('sets a loose limit if a proxy answered with an error', () => {
    const call = { stopInfo: { requests: { status_code: 502 } } }

    expect(bound(call, {})).toMatchObject({ min: -10_000, isLoose: { min: false, max: true } })
  })

  it('limits the offset from only one side if the caller did not wait for the callee', () => {
    expect(bound({}, { name: 'job', info: {} })?.max).toBe(Number.POSITIVE_INFINITY)
  })

  it('returns undefined if a start is unknown', () => {
    const { points } = reportOf({ id: 'call', from: 0, to: 9 })
    const [node] = points

    expect(node && boundClocks(node, { ...node, startedUs: undefined }, true)).toBeUndefined()
  })
})
