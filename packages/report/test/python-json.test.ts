import type { TraceRecord } from '@osprofiler/core'
import { jsonText, parseJson } from '@osprofiler/core/json'
import {
  buildReport,
  describeReport,
  diffReports,
  exportOtlp,
  exportPerfetto,
  exportSpeedscope,
  findSilentTargets,
  parseRecords,
  pointDetail,
  type Report,
  readReport,
  readTraceFile,
  renderDot,
  renderTree,
  reportJsonChunks,
  summarize,
} from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { createTraceReader } from '../src/files/read-trace-file.js'

const VALUES = '[NaN,Infinity,-Infinity,9007199254740993,1.0,-0.0,1e-07,1e+16,"NaN",null,{"deep":[[NaN]]}]'

/** Returns a record as Python writes it, with short ids. */
function line(name: string, id: string, parent: string, second: number, info: string): string {
  return `{"name": "${name}", "base_id": "b", "parent_id": "${parent}", "trace_id": "${id}", "timestamp": "2026-11-22T11:00:0${second}.000000", "info": ${info}, "project": "p", "service": "s"}\n`
}

const LINES = [
  line('wsgi-start', 'top', 'b', 0, '{"request": {"path": "/a", "method": "GET"}, "host": "h"}'),
  line(
    'http-start',
    'call',
    'top',
    1,
    '{"requests": {"method": "GET", "hostname": "c", "port": 8080.0, "path": "/x"}}',
  ),
  line('db-start', 'query', 'top', 1, `{"db": {"statement": "SELECT 1", "params": ${VALUES}}, "more": ${VALUES}}`),
  line('db-stop', 'query', 'top', 2, `{"result": ${VALUES}}`),
  line('http-stop', 'call', 'top', 3, '{"requests": {"status_code": 404.0}}'),
  line('wsgi-stop', 'top', 'b', 4, '{"response": {"status_code": 503.0}, "records_dropped": 2.0}'),
].join('')

const report = buildReport(parseRecords(LINES))
const json = join(reportJsonChunks(report))

/** The exports that can be read back. */
const EXPORTS = { perfetto: exportPerfetto, speedscope: exportSpeedscope, otlp: exportOtlp }

describe("records in Python's JSON", () => {
  it('may contain numbers such as 8080.0, which are accepted as ports and status codes', () => {
    const [top] = report.roots
    const call = report.points.find(({ name }) => name === 'http')

    expect(report.points.flatMap(({ marks }) => marks)).toEqual([])
    expect(top && pointDetail(top)).toBe('GET /a 503')
    expect(call && pointDetail(call)).toBe('GET c:8080.0/x 404')
    expect(describeReport(report)).toMatchObject({ status: 503, failed: true, error: 'status 503' })
    expect(findSilentTargets(report)).toMatchObject([{ target: 'c:8080.0' }])
    expect(summarize(report).map(({ kind }) => kind)).toContain('dropped')
  })

  it('are written unchanged', () => {
    expect(jsonText(parseJson(json), 0)).toContain(`"params":${VALUES}`)
    expect(jsonText(parseJson(json), 0)).toContain(`"result":${VALUES}`)
  })

  it('are read from a report, as a whole and in pieces', async () => {
    const pieces = createTraceReader(100)
    for (let at = 0; at < json.length; at += 7) pieces.push(json.slice(at, at + 7))

    const read = [readReport(json), await readTraceFile(json), pieces.end()]

    for (const again of read) expect(join(reportJsonChunks(again))).toBe(json)
  })

  it('are read from lines, as a whole and in pieces, and from a list', async () => {
    const list = `[${LINES.trim().replaceAll('\n', ',')}]`
    const chunks = LINES.match(/[\s\S]{1,11}/g) ?? []

    for (const source of [LINES, chunks, list]) {
      expect(join(reportJsonChunks(await readTraceFile(source)))).toBe(json)
    }
  })

  it.each(Object.keys(EXPORTS))('are unchanged after an export for %s, which is strict JSON', async name => {
    const text = join((EXPORTS[name as keyof typeof EXPORTS] as (whole: Report) => Iterable<string>)(report))

    expect(() => JSON.parse(text)).not.toThrow()
    expect(join(reportJsonChunks(await readTraceFile(text)))).toBe(json)
  })

  it('can be drawn and compared', () => {
    const texts = [renderTree(report), renderDot(report), JSON.stringify(diffReports([report], [readReport(json)]))]

    for (const text of texts) expect(text).not.toContain('[object')
    expect(texts[0]).toContain('GET /a 503')
  })

  it('are malformed if info is a number', () => {
    const [record] = parseRecords(line('a-start', 'x', 'b', 0, '1.0'))

    expect(buildReport([record as TraceRecord]).points).toMatchObject([{ marks: ['malformed', 'unfinished'] }])
  })

  it.each(['[1.0]\n', '1.0\n', '{"name": NaN\n{}\n'])('are refused if a line is not a record: %j', text => {
    expect(() => parseRecords(text)).toThrow(SyntaxError)
  })
})

function join(chunks: Iterable<string>): string {
  return [...chunks].join('')
}
