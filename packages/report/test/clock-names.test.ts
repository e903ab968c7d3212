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

describe('nameClocks', () => {
  it('assigns one clock to each host', () => {
    expect(nameOf(0)).toEqual(['vm'])
  })

  it("assigns one clock to each service of a host if the services' times contradict a shared clock", () => {
    expect(nameOf(5_000_000)).toEqual(['["vm","web"]', '["vm","db"]'])
  })

  it('assigns no clock to a point without a host', () => {
    const report = reportOf({ id: 'a', host: '', from: 0, to: 1 })
    const { names, clockOf } = nameClocks(report, 0)

    expect([...names]).toEqual([])
    expect(report.points.map(clockOf)).toEqual([undefined])
  })
})
