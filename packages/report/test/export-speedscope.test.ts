import { createRequire } from 'node:module'
import { buildReport, exportSpeedscope, type Report } from '@osprofiler/report'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostileRecords } from './hostile-records.js'
import { makeTrace, query, served } from './make-trace.js'
import { parsed } from './parse-export.js'

interface SpeedscopeEvent {
  readonly type: 'O' | 'C'
  readonly frame: number
  readonly at: number
}

interface SpeedscopeProfile {
  readonly name: string
  readonly startValue: number
  readonly endValue: number
  readonly events: readonly SpeedscopeEvent[]
}

const matchesSchema = new Ajv({ strict: false }).compile(
  createRequire(import.meta.url)('speedscope/dist/release/file-format-schema.json'),
)

function speedscope(report: Report): { frames: { name: string; file: string }[]; profiles: SpeedscopeProfile[] } {
  const value = parsed(exportSpeedscope(report))
  const { frames } = value.shared as { frames: { name: string; file: string }[] }
  return { frames, profiles: value.profiles as SpeedscopeProfile[] }
}

describe('exportSpeedscope', () => {
  it('writes one profile for all services if all steps are sequential', () => {
    const { frames, profiles } = speedscope(
      buildReport(
        makeTrace(
          { id: 'a', service: 'gateway', ...served('/'), from: 0, to: 900 },
          { id: 'b', parent: 'a', service: 'orders', ...query('SELECT 1'), from: 100, to: 300 },
          { id: 'c', parent: 'a', service: 'orders', ...query('SELECT 1'), from: 300, to: 400 },
        ),
      ),
    )

    expect(frames).toEqual([
      { name: 'wsgi GET / 200', file: 'gateway' },
      { name: 'db SELECT 1', file: 'orders' },
    ])
    expect(
      profiles.map(({ events }) => events.map(({ type, frame, at }) => `${type}${frame}@${at}`).join(' ')),
    ).toEqual(['O0@0 O1@100 C1@300 O1@300 C1@400 C0@900'])
  })

  it("matches speedscope's schema, and nests events properly, for any records", () => {
    fc.assert(
      fc.property(hostileRecords, records => {
        const report = buildReport(records)

        expect(matchesSchema(parsed(exportSpeedscope(report))), JSON.stringify(matchesSchema.errors)).toBe(true)
        const { frames, profiles } = speedscope(report)
        for (const { events, startValue, endValue } of profiles) {
          const stack: number[] = []
          let now = startValue
          for (const { type, frame, at } of events) {
            expect(at).toBeGreaterThanOrEqual(now)
            expect(frame).toBeLessThan(frames.length)
            now = at
            if (type === 'O') stack.push(frame)
            else expect(stack.pop()).toBe(frame)
          }
          expect(stack).toEqual([])
          expect(now).toBeLessThanOrEqual(endValue)
        }
        const opened = profiles.flatMap(({ events }) => events.filter(({ type }) => type === 'O'))
        expect(opened).toHaveLength(report.points.length)
      }),
      { numRuns: 300 },
    )
  })
})
