import type { TraceRecord } from '@osprofiler/core'
import { buildReport } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { parseDuration } from '../pages/shared/parse-duration.js'
import { filterPoints } from '../pages/trace/model/filter-points.js'
import { createTraceModel } from '../pages/trace/model/trace-model.js'
import { listVisibleRows, pointsOfRow, toFoldRow } from '../pages/trace/model/visible-rows.js'
import { readLink, writeLink } from '../pages/trace/view/deep-link.js'
import {
  computeLabelTicks,
  computeTicks,
  fitRange,
  panRange,
  rangeOfPoints,
  zoomRange,
} from '../pages/trace/view/time-range.js'

const NOTHING = { collapsed: new Set<number>(), openFolds: new Set<number>(), kept: undefined }

describe('the visible rows', () => {
  it('handle a hundred thousand levels without recursion', () => {
    const records = Array.from({ length: 100_000 }, (_, index) =>
      step(`point${index}`, index === 0 ? 'trace' : `point${index - 1}`, `name${index}`),
    )
    const model = createTraceModel(buildReport(records))

    const { rows, levels } = listVisibleRows(model, NOTHING)

    expect(rows.length).toBe(100_000)
    expect(levels.at(-1)).toBe(99_999)
  })

  it('fold siblings with the same action, even if there are other siblings between them', () => {
    const names = ['a', 'b', 'a', 'c', 'a']
    const model = createTraceModel(buildReport(names.flatMap((name, index) => whole(`p${index}`, name, index))))

    const closed = listVisibleRows(model, NOTHING)
    const open = listVisibleRows(model, { ...NOTHING, openFolds: new Set([0]) })

    expect([...closed.rows]).toEqual([-1, 1, 3])
    expect([...open.rows]).toEqual([-1, 0, 2, 4, 1, 3])
    expect([...open.levels]).toEqual([0, 1, 1, 1, 0, 0])
  })

  it('of folded siblings contain the points that the filter keeps, or all points if the filter keeps none', () => {
    const model = createTraceModel(buildReport([0, 1, 2].flatMap(index => whole(`p${index}`, 'a', index))))

    expect(pointsOfRow(model, toFoldRow(0), undefined)).toEqual([0, 1, 2])
    expect(pointsOfRow(model, toFoldRow(0), Uint8Array.of(0, 2, 2))).toEqual([1, 2])
    expect(pointsOfRow(model, toFoldRow(0), Uint8Array.of(0, 0, 0))).toEqual([0, 1, 2])
    expect(pointsOfRow(model, 1, Uint8Array.of(0, 0, 0))).toEqual([1])
  })

  it('that a filter keeps include the rows of the points above them', () => {
    const records = [
      step('top', 'trace', 'top'),
      step('kept', 'top', 'kept', 'orders'),
      step('gone', 'top', 'gone', 'other'),
    ]
    const model = createTraceModel(buildReport(records))
    const hiddenServices = new Set(['other', 's'])

    const kept = filterPoints(model, { hiddenServices, onlyFailed: false, minUs: 0 })

    expect([...(kept ?? [])]).toEqual([1, 2, 0])
    expect([...listVisibleRows(model, { ...NOTHING, kept }).rows]).toEqual([0, 1])
  })
})

describe('parseDuration', () => {
  it.each([
    ['250', 250_000],
    ['1.5 s', 1_500_000],
    ['1,5s', 1_500_000],
    ['80us', 80],
    ['2 m', 120_000_000],
    ['', 0],
    ['soon', 0],
    ['-5', 0],
  ])('reads %j as %d microseconds', (text, us) => {
    expect(parseDuration(text)).toBe(us)
  })
})

describe('the range of the time axis', () => {
  it('never leaves the trace, and never becomes empty', () => {
    expect(fitRange({ fromUs: -50, toUs: 50 }, 1000)).toEqual({ fromUs: 0, toUs: 100 })
    expect(fitRange({ fromUs: 990, toUs: 1090 }, 1000)).toEqual({ fromUs: 900, toUs: 1000 })
    expect(fitRange({ fromUs: 0, toUs: 5000 }, 1000)).toEqual({ fromUs: 0, toUs: 1000 })
    expect(fitRange({ fromUs: 10, toUs: 10 }, 1000)).toEqual({ fromUs: 10, toUs: 15 })
    expect(panRange({ fromUs: 0, toUs: 100 }, -1, 1000)).toEqual({ fromUs: 0, toUs: 100 })
  })

  it('is zoomed around the pointer', () => {
    expect(zoomRange({ fromUs: 0, toUs: 1000 }, 0.5, 250, 1000)).toEqual({ fromUs: 125, toUs: 625 })
  })

  it('around some points extends from their earliest to their latest known time', () => {
    const trace = {
      startsUs: Float64Array.of(Number.NaN, 400, 200),
      endsUs: Float64Array.of(Number.NaN, 500, 300),
      durationUs: 1000,
    }

    expect(rangeOfPoints(trace, [0, 1, 2])).toEqual({ fromUs: 194, toUs: 506 })
    expect(rangeOfPoints(trace, [0])).toBeUndefined()
  })

  it('has ticks at round times, with room for their labels', () => {
    expect(computeTicks({ fromUs: 0, toUs: 1000 }, 5)).toEqual([0, 200, 400, 600, 800, 1000])
    expect(computeLabelTicks({ fromUs: 0, toUs: 1000 }, 5)).toEqual([0, 200, 400, 600, 800])
  })
})

describe('a deep link', () => {
  it('is read back unchanged', () => {
    const link = { view: 'flame', point: 'a&b=c#d', range: { fromUs: 5, toUs: 90 } } as const

    expect(readLink(writeLink(link))).toEqual(link)
  })

  it('leaves out defaults, and ids that are too long for a URL', () => {
    expect(writeLink({ view: 'waterfall', point: 'x'.repeat(1000), range: undefined })).toBe('')
  })

  it('with invalid values is ignored', () => {
    expect(readLink('#view=no&from=9&to=3')).toEqual({ view: 'waterfall', point: undefined, range: undefined })
  })
})

function whole(id: string, name: string, second: number): TraceRecord[] {
  const start = step(id, 'trace', name)
  const stop = { ...start, name: `${name}-stop`, timestamp: `2026-11-22T12:00:0${second}.500000` }
  return [{ ...start, timestamp: `2026-11-22T12:00:0${second}.000000` }, stop]
}

function step(id: string, parent: string, name: string, service = 's'): TraceRecord {
  return {
    name: `${name}-start`,
    base_id: 'trace',
    parent_id: parent,
    trace_id: id,
    timestamp: '2026-11-22T12:00:00.000000',
    info: {},
    project: 'p',
    service,
  }
}
