import { describe, expect, it } from 'vitest'
import { UNICODE_GLYPHS } from '../src/terminal/glyphs.js'
import { listLines } from '../src/terminal/list-lines.js'
import { planRows } from '../src/terminal/plan-rows.js'
import { loop, reportOf } from './find.js'
import { type Point, query, served } from './make-trace.js'

function linesOf(points: readonly Point[], maxRows = 100) {
  return listLines(planRows(reportOf(...points), maxRows), UNICODE_GLYPHS)
}

describe('listLines', () => {
  const request = { id: 'a', ...served('/'), from: 0, to: 9_000 }

  it('returns branches, labels, services and durations', () => {
    const lines = linesOf([request, { id: 'b', parent: 'a', ...query('SELECT 1'), from: 1_000, to: 3_000 }])

    expect(lines.map(({ branches, label, service, duration }) => [branches + label, service, duration])).toEqual([
      ['request GET / 200', 'api', '9.00 ms'],
      ['└─ db SELECT 1', 'api', '2.00 ms'],
    ])
  })

  it('combines repeated points in one line, and counts hidden points', () => {
    const steps = loop(4, index => ({
      parent: 'a',
      ...query('SELECT 1'),
      from: index * 1_000,
      to: index * 1_000 + 500,
    }))

    expect(linesOf([request, ...steps]).map(({ label }) => label)).toEqual(['request GET / 200', '4 x db SELECT 1'])
    expect(linesOf([request, ...steps], 1).map(({ label }) => label)).toEqual([
      'request GET / 200',
      '… 4 more points, up to 500 µs',
    ])
  })

  it('shows the time in which at least one of the repeated points ran', () => {
    const steps = loop(4, index => ({
      parent: 'a',
      ...query('SELECT 1'),
      from: index * 1_000,
      to: index * 1_000 + 1_500,
    }))

    expect(linesOf([request, ...steps]).at(-1)).toMatchObject({ label: '4 x db SELECT 1', duration: '4.50 ms' })
  })

  it("shows a point's exception and marks", () => {
    const [failed, open] = linesOf([
      { ...request, stopInfo: { etype: 'KeyError' } },
      { id: 'b', parent: 'a', from: 1_000 },
    ])

    expect(failed).toMatchObject({ sign: '✗ ', note: 'KeyError' })
    expect(open).toMatchObject({ note: 'unfinished', duration: '?' })
  })
})
