import { buildReport, exportPerfetto } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostileRecords } from './hostile-records.js'
import { makeTrace, type Point, query, sent, served } from './make-trace.js'
import { parsed } from './parse-export.js'

/** The members of a trace event that the tests check. */
interface Event {
  readonly name: string
  readonly ph: string
  readonly ts: number
  readonly dur: number
  readonly pid: number
  readonly tid: number
  readonly id: number
  readonly args: Record<string, unknown>
}

function perfetto(points: readonly Point[]): Event[] {
  return parsed(exportPerfetto(buildReport(makeTrace(...points)))).traceEvents as Event[]
}

describe('exportPerfetto', () => {
  it('writes a process for each service, a slice for each point, and an arrow for each call between services', () => {
    const events = perfetto([
      { id: 'a', service: 'gateway', ...sent('orders', 80, '/7'), from: 0, to: 900 },
      { id: 'b', parent: 'a', service: 'orders', ...served('/7'), from: 100, to: 800 },
      { id: 'c', parent: 'b', service: 'orders', ...query('SELECT 1'), from: 200, to: 300 },
    ])

    const processes = events.filter(({ name }) => name === 'process_name').map(({ pid, args }) => [pid, args.name])
    const slices = events.filter(({ ph }) => ph === 'X').map(({ name, ts, dur, pid }) => [name, ts, dur, pid])
    const arrows = events.filter(({ ph }) => 'sf'.includes(ph)).map(({ ph, id, ts, pid }) => [ph, id, ts, pid])

    expect(processes).toEqual([
      [1, 'gateway'],
      [2, 'orders'],
    ])
    expect(slices).toEqual([
      ['http GET orders:80/7 200', 0, 900, 1],
      ['wsgi GET /7 200', 100, 700, 2],
      ['db SELECT 1', 200, 100, 2],
    ])
    expect(arrows).toEqual([
      ['s', 1, 100, 1],
      ['f', 1, 100, 2],
    ])
  })

  it('marks an unfinished point, and extends it to the end of its parent', () => {
    const slice = perfetto([
      { id: 'a', from: 0, to: 900 },
      { id: 'b', parent: 'a', from: 100 },
    ]).find(({ args }) => args.trace_id === 'b')

    expect(slice).toMatchObject({ ts: 100, dur: 800, args: { unfinished: true, marks: ['unfinished'] } })
  })

  it('writes all required fields of each event for any records', () => {
    const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
    fc.assert(
      fc.property(hostileRecords, records => {
        const events = parsed(exportPerfetto(buildReport(records))).traceEvents as Event[]

        for (const { name, ph, ts, dur, pid, tid, id } of events) {
          expect(typeof name).toBe('string')
          expect([ts, pid, tid].every(isCount)).toBe(true)
          expect(['M', 'X', 's', 'f']).toContain(ph)
          if (ph === 'X') expect(isCount(dur)).toBe(true)
          if (ph === 's' || ph === 'f') expect(isCount(id)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})
