import type { TraceRecord } from '@osprofiler/core'
import {
  buildReport,
  correctSkew,
  criticalPath,
  exportOtlp,
  exportPerfetto,
  exportSpeedscope,
  type Report,
  renderTree,
  selfTimes,
  statistics,
  summarize,
} from '@osprofiler/report'
import { isWholeTrace } from '@osprofiler/report/toolkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sumUs } from '../src/analysis/self-time.js'
import { createOwnCauses } from '../src/why/own-causes.js'
import { makeTrace, type Point, query, sent, served, timestamp } from './make-trace.js'

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

const anyCause = fc.record(
  {
    kind: fc.oneof(fc.constantFrom('cpu', 'wait', 'held', 'either', 'unknown'), anything),
    ms: fc.oneof(fc.nat(9), anything),
    times: anything,
    what: anything,
    by: anything,
    function: anything,
    file: fc.oneof(fc.constant('a.ts'), anything),
    line: fc.oneof(fc.integer({ min: -1, max: 3 }), anything),
    hotLine: anything,
    hotShare: anything,
  },
  { requiredKeys: [] },
)

const anyTimeline = fc
  .array(fc.oneof(fc.tuple(fc.nat(9_000), fc.nat(9_000), fc.integer({ min: -2, max: 30 })), anything), { maxLength: 9 })
  .map(stretches => stretches.join(' '))

const anyAccount = fc.record(
  {
    version: fc.oneof(fc.constant(1), anything),
    level: fc.oneof(fc.constantFrom('cpu', 'waits'), anything),
    at: fc.oneof(fc.constantFrom(...TIMES), anything),
    wallMs: fc.oneof(fc.nat(9_000), anything),
    kinds: anything,
    causes: fc.oneof(fc.array(fc.oneof(anyCause, anything), { maxLength: 30 }), anything),
    rest: anything,
    timeline: fc.oneof(anyTimeline, anything),
    costs: fc.oneof(fc.record({ startMs: anything }), anything),
    refused: fc.option(fc.oneof(fc.constantFrom('busy', 'off'), anything), { nil: undefined }),
    asked: anything,
    because: anything,
    cut: anything,
  },
  { requiredKeys: [] },
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
      why: fc.oneof(anyAccount, anything),
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
      fc.constantFrom(
        'http-start',
        'http-stop',
        'wsgi-start',
        'wsgi-stop',
        'wait-start',
        'wait-stop',
        'why-start',
        'why-stop',
      ),
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

  it('never throws for any account, and explains no more than the self time of a point', () => {
    const points: Point[] = [
      { id: '1', service: 's', host: 'a', ...served('/'), from: 0, to: 9_000_000 },
      { id: '2', parent: '1', service: 's', host: 'a', from: 900, to: 4_000_000 },
      { id: '3', parent: '1', service: 's', host: 'a', ...query('SELECT 1'), from: 2_000_000, to: 6_000_000 },
    ]
    fc.assert(
      fc.property(anyAccount, account => {
        const why: Point = {
          ...{ id: '4', parent: '1', service: 's', host: 'a', name: 'why', info: { why: { ...account, version: 1 } } },
          ...{ from: 9_000_000, to: 9_000_000 },
        }
        const report = buildReport(makeTrace(...points, why))
        const own = createOwnCauses(report)
        lookAt(report)
        renderTree(report)
        for (const write of [exportPerfetto, exportSpeedscope, exportOtlp]) JSON.parse([...write(report)].join(''))
        for (const [node, selfUs] of selfTimes(report)) expect(sumUs(own.stretchesOf(node))).toBeLessThanOrEqual(selfUs)
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
    [
      'of points that are each the child of the previous point',
      index => ({ parent: `${index - 1}`, from: index, to: 2 * COUNT - index }),
    ],
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
  ])('does not take too long for a trace %s', (_, each) => {
    lookAt(many(each))
  })

  it('does not take too long if each interval of an account overlaps all points', () => {
    const stretches = Array.from({ length: 300 }, (_, index) => `${index * 100},100,${index % 4}`)
    const causes = [1, 2, 3, 4].map(line => ({ kind: 'cpu', ms: 7.5, file: 'a.ts', line }))
    const why = { version: 1, level: 'cpu', at: timestamp(0), wallMs: 30, causes, timeline: stretches.join(' ') }
    const account: Point = { id: 'why', parent: '0', name: 'why', info: { why }, from: 30_000, to: 30_000 }
    const steps = Array.from(
      { length: COUNT },
      (_, index): Point => ({ id: `${index + 1}`, parent: '0', from: 1, to: 29_000 }),
    )

    lookAt(buildReport(makeTrace({ id: '0', ...served('/'), from: 0, to: 30_000 }, ...steps, account)))
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
