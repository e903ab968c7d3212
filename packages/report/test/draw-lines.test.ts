import { describe, expect, it } from 'vitest'
import { createCanvas } from '../src/terminal/canvas.js'
import { drawLines } from '../src/terminal/draw-lines.js'
import { listLines } from '../src/terminal/list-lines.js'
import { planRows } from '../src/terminal/plan-rows.js'
import { reportOf } from './find.js'
import { query, served } from './make-trace.js'

function draw(width: number): string[] {
  const report = reportOf(
    { id: 'a', ...served('/orders'), from: 0, to: 100_000 },
    { id: 'b', parent: 'a', ...query('SELECT title FROM items'), from: 50_000, to: 100_000 },
  )
  const canvas = createCanvas({ width }, 20)
  const lines = listLines(planRows(report, 10), canvas.glyphs)
  return drawLines(lines, report.durationUs ?? 0, { ...canvas, services: new Map(), notable: new Set() })
}

describe('drawLines', () => {
  it('draws the columns label, service, duration and bar', () => {
    expect(draw(80)).toEqual([
      'request GET /orders 200        api   100 ms  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━',
      '└─ db SELECT title FROM items  api  50.0 ms                   ╺━━━━━━━━━━━━━━━━━',
    ])
  })

  it('drops the bar in a narrow terminal, and also the service in an even narrower terminal', () => {
    expect(draw(45)[1]).toBe('└─ db SELECT title FROM items  api  50.0 ms')
    expect(draw(30)[1]).toBe('└─ db SELECT title F…  50.0 ms')
  })
})
