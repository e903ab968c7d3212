import type { TraceRecord } from '@osprofiler/core'
import { buildReport, diffReports, renderDiff } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textWidth } from '../src/terminal/fit-text.js'
import { request, runs } from './make-runs.js'
import { makeShopTrace, makeTrace, type Point } from './make-trace.js'

describe('renderDiff', () => {
  it('shows the duration of the whole trace, then the slower, new, faster and gone points', () => {
    const step = (name: string, us: number, from: number): Point => ({
      id: name,
      parent: 'a',
      service: 'orders',
      name,
      from,
      to: from + us,
    })
    const before = runs(20_000, 500).map(() => request(20_000, step('render', 3000, 0), step('old', 700, 3000)))
    const after = runs(20_000, 500).map(() => request(30_000, step('render', 1000, 0), step('cache', 2700, 1000)))

    expect(renderDiff(diffReports(before, after), { width: 90 })).toBe(`\
Total 30.0 ms → 40.0 ms, +10.0 ms (+33 %): slower
20 runs before, 20 after; half of the runs are within 0 µs (before) and 0 µs (after) of
their median

Slower
  db SELECT 1  orders  20.0 ms → 30.0 ms  +10.0 ms (+50 %)
  … 1 point changed only through points below it

New
  cache  orders  2.70 ms  +2.70 ms

Faster
  render  orders  3.00 ms → 1.00 ms  -2.00 ms (-67 %)

Gone
  old  orders  700 µs  -700 µs

0 of 5 points stayed the same, within the spread
`)
  })

  it('says that a single run on each side is not enough, and shows an increased number of calls', () => {
    const call = (index: number): Point => ({
      id: `c${index}`,
      parent: 'a',
      service: 'orders',
      name: 'cache',
      from: 100 + index * 100,
      to: 200 + index * 100,
    })
    const drawing = renderDiff(
      diffReports([request(1000, call(0))], [request(1000, ...Array.from({ length: 41 }, (_, index) => call(index)))]),
      { unicode: false, width: 120 },
    )

    expect(drawing).toContain('1 run before, 1 after: too few to know their spread')
    expect(drawing).toContain('1 -> 41 x cache')
    expect(drawing).toMatch(/^[ -~\n]*$/)
  })

  it.each([
    [100_000, 100_100, '+100 µs (< 1 %)'],
    [100_000, 99_900, '-100 µs (< 1 %)'],
    [100_000, 100_000, '0 µs (0 %)'],
    [100_000, 97_000, '-3.00 ms (-3 %)'],
  ])('shows the change of the duration of the whole trace from %d µs to %d µs', (before, after, difference) => {
    const drawing = renderDiff(diffReports([request(before)], [request(after)]), { width: 120 })

    expect(drawing).toContain(`, ${difference}: the same`)
  })

  it('fits any width, and escapes all text from records', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 })
    fc.assert(
      fc.property(text, text, fc.integer({ min: 40, max: 200 }), fc.boolean(), (name, service, width, color) => {
        const trace = (us: number): TraceRecord[] => makeTrace({ id: 'a', name, service, from: 0, to: us })
        const diff = diffReports([buildReport(trace(1000)), buildReport(makeShopTrace())], [buildReport(trace(9000))])

        const drawing = renderDiff(diff, { width, color })

        const escapeCode = String.fromCharCode(27)
        const plain = drawing.replaceAll(new RegExp(`${escapeCode}\\[[\\d;]*m`, 'g'), '')
        expect(plain.split('\n').filter(line => textWidth(line) > width)).toEqual([])
        expect(plain.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
      }),
      { numRuns: 300 },
    )
  })
})
