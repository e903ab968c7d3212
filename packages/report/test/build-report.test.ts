import type { TraceRecord } from '@osprofiler/core'
import { buildReport, type Report, type ReportNode } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BASE_ID, makeShopTrace, makeTrace, recordsOf, served } from './make-trace.js'

function malformed(...records: unknown[]): Report {
  return buildReport(records as TraceRecord[])
}

function marksOf(report: Report): Record<string, readonly string[]> {
  return Object.fromEntries(report.points.map(node => [node.traceId, node.marks]))
}

/** Returns the ids of a tree, one per line, indented by depth. */
function shapeOf(report: Report): string {
  return report.points.map(node => `${' '.repeat(node.depth)}${node.traceId}`).join('\n')
}

function recordCount(node: ReportNode): number {
  return Number(node.start !== undefined) + Number(node.stop !== undefined) + node.otherRecords.length
}

describe('buildReport', () => {
  it('builds the same tree, ordered by start, from records in any order', () => {
    const records = makeTrace(
      { id: 'root', from: 0, to: 100 },
      { id: 'first', parent: 'root', from: 10, to: 90 },
      { id: 'inner', parent: 'first', from: 20, to: 30 },
      { id: 'second', parent: 'root', from: 11, to: 20 },
    )
    const expected = 'root\n first\n  inner\n second'

    expect(shapeOf(buildReport(records))).toBe(expected)
    expect(shapeOf(buildReport(records.toReversed()))).toBe(expected)
  })

  it('counts microseconds from the first record', () => {
    const report = buildReport(
      makeTrace({ id: 'a', from: 1_000_123, to: 1_500_000 }, { id: 'b', from: 1_000_100, to: 1_000_101 }),
    )

    expect(report.points).toMatchObject([
      { traceId: 'b', startedUs: 0, finishedUs: 1, durationUs: 1 },
      { traceId: 'a', startedUs: 23, finishedUs: 499_900, durationUs: 499_877 },
    ])
    expect(report).toMatchObject({ baseId: BASE_ID, durationUs: 499_900, lastStartedUs: 23 })
    expect(report.startedAt).toBe('2026-11-22T11:00:01.000100')
  })

  it('removes only -start or -stop from a name, and only at its end', () => {
    const names = ['db', 'cache-get', 'pre-start-check', 'start', '']

    const report = buildReport(names.flatMap((name, index) => recordsOf({ id: `p${index}`, name, from: index, to: 9 })))

    expect(report.points.map(node => node.name)).toEqual(['db', 'cache-get', 'pre-start-check', 'start', '-start'])
  })

  it('treats an exception or a status of 500 or more as a failure', () => {
    const report = buildReport(
      makeTrace(
        { id: 'fine', ...served('/', 499), from: 0, to: 9 },
        { id: 'status', ...served('/', 503), from: 1, to: 9 },
        { id: 'raised', from: 2, to: 9, stopInfo: { etype: 'ValueError', message: 'no' } },
        { id: 'odd', from: 3, to: 9, stopInfo: { etype: { toString: 1 } } },
      ),
    )

    expect(report.points.map(node => [node.traceId, node.failed, node.exception])).toEqual([
      ['fine', false, undefined],
      ['status', true, undefined],
      ['raised', true, 'ValueError'],
      ['odd', true, 'unknown'],
    ])
  })

  it('returns an empty report for no records', () => {
    expect(buildReport([])).toMatchObject({ baseId: undefined, durationUs: undefined, roots: [], points: [] })
  })

  it('keeps the fields of complete records unchanged', () => {
    const records = makeShopTrace()
    const before = structuredClone(records)

    const report = buildReport(records)

    expect(records).toEqual(before)
    expect(report.points.find(node => node.traceId === 'slow')?.start).toBe(records.find(r => r.trace_id === 'slow'))
  })
})

describe('buildReport with broken records', () => {
  it('marks a point without a stop, and leaves its end unknown', () => {
    const { points } = buildReport(makeTrace({ id: 'a', from: 0, to: 9 }, { id: 'b', parent: 'a', from: 3 }))

    expect(points[1]).toMatchObject({
      startedUs: 3,
      finishedUs: undefined,
      durationUs: undefined,
      marks: ['unfinished'],
    })
  })

  it('marks a stop without a start', () => {
    const { points } = buildReport(recordsOf({ id: 'a', from: 0, to: 9 }).slice(1))

    expect(points[0]).toMatchObject({ startedUs: undefined, finishedUs: 0, durationUs: undefined, marks: ['no-start'] })
  })

  it('marks a stop before its start, and sets the duration to 0', () => {
    const { points } = buildReport(makeTrace({ id: 'a', from: 9, to: 4 }))

    expect(points[0]).toMatchObject({ startedUs: 5, finishedUs: 0, durationUs: 0, marks: ['stop-before-start'] })
  })

  it('puts an orphan at the top, but does not mark a child of the trace itself as an orphan', () => {
    const report = buildReport(
      makeTrace({ id: 'root', from: 0, to: 9 }, { id: 'lost', parent: 'gone', from: 1, to: 2 }),
    )

    expect(shapeOf(report)).toBe('root\nlost')
    expect(marksOf(report)).toEqual({ root: [], lost: ['orphan'] })
  })

  it('shows a point that is its own parent, with its children', () => {
    const report = buildReport(
      makeTrace({ id: 'a', parent: 'a', from: 0, to: 9 }, { id: 'b', parent: 'a', from: 1, to: 2 }),
    )

    expect(shapeOf(report)).toBe('a\n b')
    expect(marksOf(report)).toEqual({ a: ['self-parent'], b: [] })
  })

  it('cuts a cycle above its earliest point, and keeps the points below the cycle', () => {
    const points = [
      { id: 'b', parent: 'a', from: 20, to: 30 },
      { id: 'c', parent: 'b', from: 10, to: 90 },
      { id: 'a', parent: 'c', from: 15, to: 80 },
      { id: 'leaf', parent: 'b', from: 25, to: 26 },
    ]

    for (const order of [points, points.toReversed()]) {
      const report = buildReport(makeTrace(...order))

      expect(shapeOf(report)).toBe('c\n a\n  b\n   leaf')
      expect(marksOf(report)).toEqual({ a: ['cycle'], b: ['cycle'], c: ['cycle'], leaf: [] })
    }
  })

  it('uses the earliest of several starts and the latest of several stops', () => {
    const records = [...recordsOf({ id: 'a', from: 5, to: 7 }), ...recordsOf({ id: 'a', from: 2, to: 9 })]

    for (const order of [records, records.toReversed()]) {
      const [node] = buildReport(order).points

      expect(node).toMatchObject({ startedUs: 0, finishedUs: 7 })
      expect(node?.marks.toSorted()).toEqual(['several-starts', 'several-stops'])
      expect(node?.otherRecords).toHaveLength(2)
    }
  })

  it('distinguishes duplicate records from contradictory records', () => {
    const records = recordsOf({ id: 'a', from: 5, to: 7 })

    expect(buildReport([...records, ...records]).points[0]?.marks).toEqual(['duplicate'])
    expect(
      buildReport([...records, { ...recordsOf({ id: 'a', name: 'b', from: 5, to: 7 })[1] } as TraceRecord]).points[0]
        ?.marks,
    ).toEqual(['several-stops', 'mixed'])
  })

  it('marks records of another trace', () => {
    const records = makeTrace(
      { id: 'a', from: 0, to: 9 },
      { id: 'b', parent: 'a', from: 1, to: 2 },
      { id: 'c', parent: 'a', from: 3, to: 4 },
    )
    const foreign = records.map(record => (record.trace_id === 'c' ? { ...record, base_id: 'other' } : record))

    expect(marksOf(buildReport(foreign))).toEqual({ a: [], b: [], c: ['other-trace'] })
  })

  it.each([
    '2026-13-01T00:00:00.000000',
    '2026-02-30T00:00:00.000000',
    '2026-01-01T24:00:00.000000',
    '2026-01-01T00:00:00.1234567',
    'yesterday',
    '',
    null,
    17,
    {},
  ])('marks the unreadable timestamp %j', timestamp => {
    const [start, stop] = recordsOf({ id: 'a', from: 0, to: 9 })

    const { points } = malformed(start, { ...stop, timestamp })

    expect(points[0]).toMatchObject({ startedUs: 0, finishedUs: undefined, marks: ['bad-time'] })
  })

  it.each([
    ['2026-01-01T00:00:00', 1_000_000],
    ['2026-01-01T00:00:00.5', 1_500_000],
    ['2026-01-01 00:00:00.000007', 1_000_007],
    ['2026-01-01T00:00:00.000007Z', 1_000_007],
  ])('reads the timestamp %s', (timestamp, us) => {
    const [record] = recordsOf({ id: 'a', from: 0 })
    const zero = { ...record, trace_id: 'zero', timestamp: '2025-12-31T23:59:59.000000' }

    expect(malformed(zero, { ...record, timestamp }).points[1]?.startedUs).toBe(us)
  })

  it('keeps values that are not records', () => {
    const values = [null, undefined, 7, 'text', true, [], {}, { name: 7, trace_id: 8, parent_id: [], info: 'x' }]

    const report = malformed(...values)

    expect(report.points).toHaveLength(values.length)
    expect(new Set(report.points.map(node => node.traceId)).size).toBe(values.length)
    for (const node of report.points)
      expect(node.marks).toEqual(expect.arrayContaining(['no-id', 'malformed', 'bad-time']))
  })

  it('never confuses generated ids with recorded ids', () => {
    const report = malformed({}, ...recordsOf({ id: 'unknown-1', from: 0, to: 9 }))

    expect(marksOf(report)).toMatchObject({ 'unknown-1': [], 'unknown-1-': expect.arrayContaining(['no-id']) })
  })

  it('accepts __proto__ and similar property names as ids and names', () => {
    const ids = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']

    const report = buildReport(
      ids.flatMap((id, index) => recordsOf({ id, name: id, parent: ids[index - 1] ?? BASE_ID, from: index, to: 9 })),
    )

    expect(report.points.map(node => [node.traceId, node.name, node.depth])).toEqual(
      ids.map((id, index) => [id, id, index]),
    )
  })

  it('builds a tree that contains every record exactly once, for any records', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', BASE_ID, 'gone')
    const record = fc.oneof(
      { weight: 1, arbitrary: fc.jsonValue() },
      {
        weight: 9,
        arbitrary: fc.record(
          {
            name: fc.constantFrom('x-start', 'x-stop', 'y-stop', 'stop', 'z'),
            base_id: fc.constantFrom(BASE_ID, 'other'),
            trace_id: id,
            parent_id: id,
            timestamp: fc.constantFrom('2026-01-01T00:00:00.000000', '2026-01-01T00:00:00.000009', 'never'),
            info: fc.constantFrom<unknown>({}, null, { etype: null }, { response: { status_code: '500' } }),
            project: fc.constantFrom<unknown>('p', null, 5),
            service: fc.constantFrom<unknown>('s', null, {}),
          },
          { requiredKeys: [] },
        ),
      },
    )
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), records => {
        const report = malformed(...records)

        expect(report.points.reduce((sum, node) => sum + recordCount(node), 0)).toBe(records.length)
        expect(new Set(report.points).size).toBe(report.points.length)
        expect(report.points.filter(node => node.depth === 0)).toEqual(report.roots)
        for (const node of report.points) {
          for (const child of node.children) expect(child.depth).toBe(node.depth + 1)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('buildReport with many records', () => {
  it('nests 20,000 points inside each other', () => {
    const chain = Array.from({ length: 20_000 }, (_, index) =>
      recordsOf({ id: `p${index}`, ...(index > 0 && { parent: `p${index - 1}` }), from: index, to: 60_000 - index }),
    ).flat()

    const report = buildReport(chain)

    expect(report.points.at(-1)).toMatchObject({ traceId: 'p19999', depth: 19_999 })
  })

  it('cuts a cycle of 20,000 points', () => {
    const circle = Array.from({ length: 20_000 }, (_, index) =>
      recordsOf({ id: `p${index}`, parent: `p${(index + 1) % 20_000}`, from: index, to: 60_000 }),
    ).flat()

    const report = buildReport(circle)

    expect(report.roots.map(node => node.traceId)).toEqual(['p0'])
    expect(report.points).toHaveLength(20_000)
  })

  it('handles a million records', () => {
    const [start, stop] = recordsOf({ id: 'a', from: 0, to: 1 })
    const records: unknown[] = []
    for (let index = 0; index < 500_000; index++) {
      const ids = { trace_id: `p${index}`, parent_id: index === 0 ? BASE_ID : `p${index >> 3}` }
      const timestamp = `2026-11-22T11:00:00.${String(index).padStart(6, '0')}`
      records.push({ ...start, ...ids, timestamp }, { ...stop, ...ids, timestamp })
    }

    const report = buildReport(records as TraceRecord[])

    expect(report.points).toHaveLength(500_000)
    expect(report.roots).toHaveLength(1)
  })
})
