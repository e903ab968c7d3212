import { describe, expect, it } from 'vitest'
import type { HostClock } from '../src/clocks/clock-skew.js'
import { createClockFinder, createOffsetFinder } from '../src/clocks/find-clock.js'
import type { ReportNode } from '../src/tree/report.js'
import { reportOf } from './find.js'

function clock(host: string, service: string | undefined, offsetUs: number): HostClock {
  return { host, service, offsetUs, boundUs: 0, contradictory: false }
}

function pointOf(host: string, service: string): ReportNode {
  const [node] = reportOf({ id: 'a', host, service, from: 0, to: 1 }).points
  if (node === undefined) throw new Error('no point')
  return node
}

const web = clock('vm', 'web', 10)
const others = clock('vm', undefined, 20)
const shared = clock('db-1', undefined, -30)

describe('createClockFinder', () => {
  const clockOf = createClockFinder([web, others, shared])

  it("finds the clock of the point's service, or else the clock of the point's host", () => {
    expect(clockOf(pointOf('vm', 'web'))).toBe(web)
    expect(clockOf(pointOf('vm', 'worker'))).toBe(others)
    expect(clockOf(pointOf('db-1', 'web'))).toBe(shared)
  })

  it('finds the clock of the host for a point without a service', () => {
    expect(clockOf({ ...pointOf('vm', 'web'), service: undefined })).toBe(others)
  })

  it('returns undefined for an unknown host, and for a point without a host', () => {
    expect(clockOf(pointOf('db-2', 'web'))).toBeUndefined()
    expect(clockOf(pointOf('', 'web'))).toBeUndefined()
    expect(createClockFinder([web])(pointOf('vm', 'worker'))).toBeUndefined()
  })

  it.each(['__proto__', 'constructor', 'toString'])('returns undefined for the unknown host "%s"', host => {
    expect(clockOf(pointOf(host, host))).toBeUndefined()
  })
})

describe('createOffsetFinder', () => {
  it("returns the offset of the point's clock, or 0 if the clock is unknown", () => {
    const offsetOf = createOffsetFinder([web, shared])

    expect([pointOf('vm', 'web'), pointOf('db-1', 'x'), pointOf('vm', 'x'), pointOf('', 'web')].map(offsetOf)).toEqual([
      10, -30, 0, 0,
    ])
    expect(createOffsetFinder([])(pointOf('vm', 'web'))).toBe(0)
  })
})
