import type { TraceRecord } from '@osprofiler/core'
import {
  buildReport,
  correctSkew,
  criticalPath,
  diffReports,
  exportOtlp,
  exportPerfetto,
  exportSpeedscope,
  jsonText,
  parseRecords,
  pointText,
  type Report,
  readTraceFile,
  renderDiff,
  renderDot,
  renderTree,
  reportJsonChunks,
  statistics,
  summarize,
} from '@osprofiler/report'
import { describe, expect, it } from 'vitest'

const NESTINGS = { lists: ['[', ']'], objects: ['{"a":', '}'] } as const
const DEPTHS = [1_000, 100_000]
const CASES = Object.keys(NESTINGS).flatMap(kind =>
  DEPTHS.map(depth => [depth, kind as keyof typeof NESTINGS] as const),
)

function nested(kind: keyof typeof NESTINGS, depth: number): string {
  const [open, close] = NESTINGS[kind]
  return `${open.repeat(depth)}${kind === 'lists' ? '' : '1'}${close.repeat(depth)}`
}

/** Returns records as JSON lines. All records of the middle point contain the value. */
function deepLines(value: string): string {
  const line = (name: string, id: string, second: number, info: string): string =>
    `{"name":"${name}","base_id":"b","parent_id":"${id === 'top' ? 'b' : 'top'}","trace_id":"${id}","timestamp":"2026-11-22T11:00:0${second}","info":${info},"project":"p","service":"s"}\n`
  return (
    line('wsgi-start', 'top', 0, '{"request":{"path":"/a","method":"GET"}}') +
    line('db-start', 'deep', 1, `{"db":{"statement":"SELECT 1","params":${value}},"request":${value}}`) +
    line('db-start', 'deep', 1, `{"more":${value}}`) +
    line('db-stop', 'deep', 2, `{"response":${value}}`) +
    line('wsgi-stop', 'top', 3, '{}')
  )
}

/** Functions that turn a report into text. */
const WRITERS: Readonly<Record<string, (report: Report) => Iterable<string>>> = {
  'the JSON': reportJsonChunks,
  'an export for Perfetto': exportPerfetto,
  'an export for speedscope': exportSpeedscope,
  'an export for OTLP': exportOtlp,
  'a DOT graph': report => [renderDot(report)],
  'a tree': report => [renderTree(report)],
  'a comparison': report => [renderDiff(diffReports([report], [report]))],
  'the findings': report => [JSON.stringify(summarize(report))],
  'the statistics': report => [String(Object.keys(statistics(report)).length)],
  'the critical path': report => [String(criticalPath(correctSkew(report)).length)],
  'the text in which a filter searches': report => report.points.map(pointText),
}

describe.each(CASES)('a record that nests %i levels of %s', (depth, kind) => {
  const report = buildReport(parseRecords(deepLines(nested(kind, depth))))

  it.each(Object.entries(WRITERS))('does not break %s', (_, write) => {
    const text = [...write(report)].join('')

    expect(text.length).toBeGreaterThan(0)
    // If each level were indented, the length would grow with the square of the depth.
    expect(text.length).toBeLessThan(50_000 + 60 * depth)
  })

  it.each(['the JSON', 'an export for Perfetto', 'an export for speedscope', 'an export for OTLP'])(
    'is unchanged after %s is written and read',
    async format => {
      const { points } = await readTraceFile(WRITERS[format]?.(report) ?? [])

      expect(points.map(({ traceId }) => traceId)).toEqual(['top', 'deep'])
      expect(depthOf(points[1]?.stop?.info.response)).toBe(depth)
    },
  )
})

describe('jsonText', () => {
  it.each([
    undefined,
    null,
    'ä',
    [],
    {},
    [[], {}],
    { a: [1, { b: null }], c: 'x' },
    Object.assign(JSON.parse('{"__proto__": {"toJSON": 1}}'), { d: [undefined] }),
  ])('returns the same text as JSON.stringify for %j', value => {
    expect(jsonText(value, 0)).toBe(JSON.stringify(value) ?? 'null')
    expect(jsonText(value, 2)).toBe(JSON.stringify(value, null, 2) ?? 'null')
  })

  it('accepts cycles and large integers', () => {
    const cycle: unknown[] = [2n ** 70n]
    cycle.push(cycle)

    expect(jsonText(cycle, 0)).toBe('["1180591620717411303424","[circular]"]')
  })
})

function depthOf(value: unknown): number {
  let depth = 0
  for (let inner = value; typeof inner === 'object' && inner !== null; depth++) {
    inner = Array.isArray(inner) ? inner[0] : (inner as Partial<TraceRecord['info']>).a
  }
  return depth
}
