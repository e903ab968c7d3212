import { describe, expect, it } from 'vitest'
import { createOpenPoints, type OtlpPlan } from '../src/otlp/points/open-points.js'
import { makeRecord } from './make-record.js'

const LINGER_MS = 5_000
const HOUR_MS = 3_600_000

describe('open points', () => {
  it('are overdue after an hour without a record of their trace', () => {
    let time = 0
    const open = createOpenPoints(LINGER_MS, () => time)
    const [silent, lively] = [makeRecord(), makeRecord()]
    carryOut(open.plan([silent, lively]))

    time = HOUR_MS - 1
    const early = open.planOverdue(10).points.length
    carryOut(open.plan([makeRecord({ base_id: lively.base_id })]))
    time = HOUR_MS
    const late = open.planOverdue(10)

    expect(early).toBe(0)
    expect(late.points.map(({ start }) => start)).toEqual([silent])
  })

  it('are not changed when a batch is planned, but when the plan is carried out', () => {
    const open = createOpenPoints(LINGER_MS)
    const start = makeRecord()
    const stop = { ...start, name: 'wsgi-stop' }
    carryOut(open.plan([start]))

    const plans = [open.plan([stop]), open.plan([stop])]

    expect(plans.map(({ points }) => points)).toEqual(Array(2).fill([expect.objectContaining({ start, stop })]))
    expect(open.size).toBe(1)
    for (const plan of plans.slice(1)) carryOut(plan)
    expect(open.size).toBe(0)
  })

  it('are removed from memory after they stop, and so are their traces', () => {
    let time = 0
    const open = createOpenPoints(LINGER_MS, () => time)
    const starts = Array.from({ length: 1_000 }, () => makeRecord({ info: { text: 'x'.repeat(20_000) } }))
    carryOut(open.plan(starts))
    const full = open.isFull

    carryOut(open.plan(starts.map(start => ({ ...start, name: 'wsgi-stop' }))))
    time = 2 * HOUR_MS

    expect([full, open.isFull, open.size]).toEqual([true, false, 0])
    expect(open.planOverdue(10).points).toEqual([])
  })
})

/** Carries out a plan as the driver does when the collector has accepted all points. */
function carryOut({ points, hold }: OtlpPlan): void {
  for (const point of points) point.done(true)
  hold()
}
