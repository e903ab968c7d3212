import type { TraceRecord } from '@osprofiler/core'
import { buildReport, correctSkew, criticalPath, type Report, statistics, summarize } from '@osprofiler/report'
import { isWholeTrace } from '@osprofiler/report/toolkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeTrace, type Point, query, sent, served } from './make-trace.js'

/** Runs every analysis on a report. */
function lookAt(report: Report): void {
  const corrected = correctSkew(report)
  const ids = new Set(report.points.map(({ traceId }) => traceId))
  expect(corrected.points.length).toBe(report.points.length)
  criticalPath(corrected)
  statistics(corrected)
  isWholeTrace(report)
  for (const raw of [false, true]) {
    for (const { share, traceIds, sentence } of summarize(report, { raw, limit: 10 })) {
      if (share !== undefined) {
        expect(share).toBeGreaterThan(0)
        expect(share).toBeLessThanOrEqual(1)
      }
      expect(traceIds.every(id => ids.has(id))).toBe(true)
      expect(sentence.length).toBeLessThan(1000)
    }
  }
}

const TIMES = [
  '2026-11-22T11:00:00.000000',
  '2026-11-22T11:00:00.000900',
  '2026-11-22T11:00:09',
  '9999-12-31T23:59:59',
  '',
]

/** Any value in place of a number, a string or an object. */
const anything = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.object({ maxDepth: 2 }),
)

const ms = fc.oneof(fc.double({ min: 0, max: 9_000 }), anything)
const bodyTimes = { first_byte_ms: ms, last_byte_ms: ms, ended_ms: ms, busy_ms: ms }
const connectionTimes = { connect_ms: ms, dns_ms: ms, tcp_ms: ms, tls_ms: ms, busy_ms: ms }

const anyInfo = fc.oneof(
  fc.record(
    {
      host: fc.oneof(fc.constantFrom('a', 'b', '__proto__'), anything),
      request: fc.oneof(fc.record({ path: anything, method: anything }), anything),
      requests: fc.oneof(
        fc.record({ path: anything, method: anything, hostname: anything, port: anything }),
        fc.record({ status_code: anything, ...bodyTimes, connection: fc.oneof(fc.record(connectionTimes), anything) }),
        anything,
      ),
      response: fc.oneof(fc.record({ ...bodyTimes, body_bytes: anything }), anything),
      unrecorded: fc.oneof(fc.array(anything, { maxLength: 4 }), anything),
      db: fc.oneof(fc.record({ statement: anything, params: anything, rows: anything, pool: anything }), anything),
      wait: fc.oneof(
        fc.record({ for: fc.oneof(fc.constant('pool'), anything), max: anything, waiting: anything, pool: anything }),
        anything,
      ),
      layer: fc.oneof(fc.record({ name: anything, route: anything }), anything),
      code: fc.oneof(fc.record({ file: fc.string(), line: fc.integer({ min: -1, max: 3 }) }), fc.object(), anything),
      etype: anything,
      points_omitted: anything,
      points: fc.oneof(fc.record({ recorded: fc.oneof(fc.nat(), anything), passed_on: anything }), anything),
    },
    { requiredKeys: [] },
  ),
  anything,
)

const anyRecord = fc.record(
  {
    name: fc.oneof(
      fc.constantFrom('http-start', 'http-stop', 'wsgi-start', 'wsgi-stop', 'wait-start', 'wait-stop'),
      anything,
    ),
    trace_id: fc.oneof(fc.constantFrom('1', '2', '3', '4', '__proto__'), anything),
    parent_id: fc.oneof(fc.constantFrom('1', '2', '3', '4', 'base'), anything),
    base_id: fc.oneof(fc.constant('base'), anything),
    timestamp: fc.oneof(fc.constantFrom(...TIMES), anything),
    info: anyInfo,
    project: anything,
    service: fc.oneof(fc.constantFrom('s', 't'), anything),
  },
  { requiredKeys: [] },
)

describe('summarize with hostile records', () => {
  it('never throws, and keeps shares between 0 and 1', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyRecord, anything), { maxLength: 30 }), records => {
        lookAt(buildReport(records as unknown as TraceRecord[]))
      }),
      { numRuns: 1000 },
    )
  })

  it('handles megabytes of text', () => {
    const text = "x'".repeat(500_000)

    lookAt(
      buildReport(
        makeTrace(
          { id: 'a', name: text, service: text, host: text, ...query(text), from: 0, to: 90 },
          { id: 'b', parent: 'a', service: text, ...sent(text, 1, text), from: 1, to: 50 },
          {
            id: 'c',
            parent: 'b',
            service: text,
            ...served(text),
            from: 400,
            to: 440,
            stopInfo: { etype: text, message: text },
          },
          { id: 'd', parent: 'a', name: 'wait', info: { wait: { for: text } }, from: 50, to: 80 },
        ),
      ),
    )
  })
})

describe('summarize with a large trace', () => {
  const COUNT = 10_000

  function many(each: (index: number) => Omit<Point, 'id'>): Report {
    return buildReport(makeTrace(...Array.from({ length: COUNT }, (_, index) => ({ id: `${index}`, ...each(index) }))))
  }

  it.each<[string, (index: number) => Omit<Point, 'id'>]>([
    ['of points each below the one before', index => ({ parent: `${index - 1}`, from: index, to: 2 * COUNT - index })],
    [
      'of points one after another',
      index => ({ parent: '0', ...query(`SELECT ${index % 7}`), from: index, to: index + 1 }),
    ],
    [
      'of points that all run at the same time',
      index => ({ parent: '0', ...query('SELECT 1'), from: index, to: 3 * COUNT - index }),
    ],
    ['of points at the top, without parents', index => ({ parent: 'gone', from: index, to: index + (index % 1000) })],
    ['of points that never finish', index => ({ parent: index % 2 ? '0' : `${index - 1}`, from: index })],
    ['of points in cycles', index => ({ parent: `${index % 2 ? index - 1 : index + 1}`, from: index, to: index + 5 })],
    [
      'of points that are each on a different host',
      index => ({
        parent: `${Math.floor((index - 1) / 2)}`,
        host: `h${index}`,
        service: `s${index}`,
        ...(index % 2 ? sent('x', index, '/') : served('/')),
        from: COUNT + ((index * 7919) % 1000),
        to: 2 * COUNT,
      }),
    ],
    [
      'of points that one host calls',
      index => ({
        parent: '0',
        host: `h${index}`,
        ...(index ? served('/') : sent('x', 1, '/')),
        from: index % 90,
        to: 900,
      }),
    ],
  ])('finishes for a trace %s', (_, each) => {
    lookAt(many(each))
  })

  it('handles a chain of 20,000 points without overflowing the stack', () => {
    const report = buildReport(
      makeTrace(
        ...Array.from({ length: 20_000 }, (_, index): Point => {
          return { id: `${index}`, parent: `${index - 1}`, from: index, to: 40_000 - index }
        }),
      ),
    )

    expect(criticalPath(report).length).toBe(39_999)
    expect(summarize(report).map(({ kind }) => kind)).toEqual(['irregular'])
  }, 60_000)
})
