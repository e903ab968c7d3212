import { describe, expect, it } from 'vitest'
import { nameClocks } from '../src/clocks/clock-names.js'
import { reportOf } from './find.js'
import { sent, served } from './make-trace.js'

function nameOf(skewUs: number): string[] {
  const report = reportOf(
    { id: 'call', service: 'web', ...sent('db', 80, '/'), from: 0, to: 100_000 },
    { id: 'callee', parent: 'call', service: 'db', ...served('/'), from: 10_000 + skewUs, to: 60_000 + skewUs },
  )
  return [...nameClocks(report, 10_000).names.keys()]
}

describe('the clocks of a trace', () => {
  it('are those of its hosts', () => {
    expect(nameOf(0)).toEqual(['vm'])
  })

  it('are those of services whose times contradict that they share a host', () => {
    expect(nameOf(5_000_000)).toEqual(['["vm","web"]', '["vm","db"]'])
  })

  it('are not known of a point without a host', () => {
    const report = reportOf({ id: 'a', host: '', from: 0, to: 1 })
    const { names, clockOf } = nameClocks(report, 0)

    expect([...names]).toEqual([])
    expect(report.points.map(clockOf)).toEqual([undefined])
  })
})
