import { readdirSync, readFileSync } from 'node:fs'
import type { TraceRecord } from '@osprofiler/core'
import {
  buildReport,
  exportOtlp,
  exportPerfetto,
  exportSpeedscope,
  type Report,
  readTraceFile,
  renderDot,
  reportJsonChunks,
} from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTraceReader } from '../src/files/read-trace-file.js'
import { listRecords } from '../src/tree/list-records.js'
import { hostileRecords } from './hostile-records.js'
import { BASE_ID, makeShopTrace, makeTrace } from './make-trace.js'

const traces = new URL('../../../test/fixtures/conformance/traces/', import.meta.url)

function page(records: readonly TraceRecord[]): string {
  const json = JSON.stringify(records).replaceAll('<', '\\u003c')
  return `<!doctype html><title>x</title><script type="application/json" id="osprofiler-records">${json}</script><p>y`
}

/** The writers of all formats that can be read back. */
const FORMATS: Record<string, (report: Report) => Iterable<string>> = {
  'a file of records': report => listRecords(report).map(record => `${JSON.stringify(record)}\n`),
  'a list of records': report => [JSON.stringify(listRecords(report))],
  'a report': reportJsonChunks,
  'an export for Perfetto': exportPerfetto,
  'an export for speedscope': exportSpeedscope,
  'an export for OTLP': exportOtlp,
  'a page': report => [page(listRecords(report))],
}

/** A number of points for which one nested call per point overflows the stack. */
const MANY = 20_000
/** A number of points for which one argument per point overflows the stack. */
const MOST = 150_000

function makeLarge(size: number, isDeep: boolean): Report {
  const points = Array.from({ length: size }, (_, index) => ({
    id: `${index}`,
    parent: isDeep && index > 0 ? `${index - 1}` : BASE_ID,
    from: index,
    to: isDeep ? 4 * size - index : index + 5,
  }))
  return buildReport(points.flatMap(point => makeTrace(point)))
}

const LARGE = { siblings: makeLarge(MANY, false), 'nested in one another': makeLarge(MANY, true) }

/** Returns a report that Vitest can compare at any depth: its points in a list, with the ids of their children. */
function flat({ roots, points, ...rest }: Report): unknown {
  return {
    ...rest,
    roots: roots.map(root => root.traceId),
    points: points.map(node => ({ ...node, children: node.children.map(child => child.traceId) })),
  }
}

function cut(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  )
}

describe.each(Object.entries(FORMATS))('%s', (_, write) => {
  it('is read back as an equal report', async () => {
    const report = buildReport(makeShopTrace())

    expect(flat(await readTraceFile(write(report)))).toEqual(flat(report))
  })

  it.each(readdirSync(traces).filter(file => file.endsWith('.jsonl')))('contains all records of %s', async file => {
    const report = await readTraceFile(readFileSync(new URL(file, traces), 'utf8'))

    expect(report.points.length).toBeGreaterThan(1)
    expect(flat(await readTraceFile([...write(report)].join('')))).toEqual(flat(report))
  })

  it('is read back for any records', async () => {
    await fc.assert(
      fc.asyncProperty(hostileRecords, async records => {
        const report = buildReport(records)

        expect(flat(await readTraceFile([...write(report)].join('')))).toEqual(flat(report))
      }),
      { numRuns: 300 },
    )
  })

  it('is read in pieces, regardless of where it is cut', async () => {
    const report = buildReport(
      makeTrace({ id: 'a', name: 'é\\"漢', from: 0, to: 5 }, { id: 'b', parent: 'a', from: 2 }),
    )
    const text = [...write(report)].join('')

    for (const length of [1, 2, 3, 7, 100]) {
      expect(flat(await readTraceFile(cut(text, length)))).toEqual(flat(report))
    }
  })

  it.each(['siblings', 'nested in one another'] as const)('is read with 20,000 points that are %s', async shape => {
    const report = LARGE[shape]

    const { points, durationUs } = await readTraceFile(write(report))

    expect(points).toHaveLength(MANY)
    expect(points.at(-1)?.depth).toBe(report.points.at(-1)?.depth)
    expect(durationUs).toBe(report.durationUs)
  })
})

describe('a report too large for one string', () => {
  /** Reads a short text with the code that reads texts of more than 256 Mi characters. */
  function readLarge(text: string, length: number): Report {
    const reader = createTraceReader(40)
    for (const piece of cut(text, length)) reader.push(piece)
    return reader.end()
  }

  it('is read in pieces, regardless of where it is cut', () => {
    const report = buildReport(makeShopTrace())
    const text = [...reportJsonChunks(report)].join('')

    for (const length of [1, 5, 64, 4096]) expect(flat(readLarge(text, length))).toEqual(flat(report))
  })

  it('is read correctly in pieces, whatever its records contain', () => {
    fc.assert(
      fc.property(hostileRecords, fc.integer({ min: 1, max: 200 }), (records, length) => {
        const report = buildReport(records)

        expect(flat(readLarge([...reportJsonChunks(report)].join(''), length))).toEqual(flat(report))
      }),
      { numRuns: 300 },
    )
  })

  it.each(readdirSync(traces).filter(file => file.endsWith('.report.json')))(
    'may be %s, written by Python',
    async file => {
      const text = readFileSync(new URL(file, traces), 'utf8')

      expect(flat(readLarge(text, 50))).toEqual(flat(await readTraceFile(text)))
    },
  )

  it('is refused if it is truncated or broken', () => {
    const text = [...reportJsonChunks(buildReport(makeShopTrace()))].join('')

    for (const broken of [
      text.slice(0, -1),
      text.slice(0, 5000),
      `${text}}`,
      text.replace('"children": [', '"children": [}'),
    ]) {
      expect(() => readLarge(broken, 64)).toThrow(/^Not a report: the file is not JSON/)
    }
  })

  it('is refused if it is an export, because exports cannot be read in pieces', () => {
    for (const write of [exportPerfetto, exportOtlp, exportSpeedscope]) {
      const text = [...write(buildReport(makeShopTrace()))].join('')
      expect(() => readLarge(text, 64)).toThrow(/more than 40 characters.*Only records/)
    }
  })
})

describe('readTraceFile', () => {
  it.each([
    ['digraph {\n}\n', /a DOT graph: a drawing holds no records/],
    [renderDot(buildReport(makeShopTrace())), /a DOT graph/],
    ['<svg xmlns="http://www.w3.org/2000/svg"></svg>', /an SVG image: a drawing/],
    ['<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg>', /an SVG image/],
    ['\ufffdPNG\r\n', /a PNG image/],
    ['%PDF-1.7', /a PDF document/],
    ['<html></html>', /only pages from --html/],
    ['hello', /it does not begin with.*records \(\.jsonl\)/],
    ['{"a": 1}', /JSON of another kind/],
    ['[1, 2]', /the list contains values that are not records/],
    ['{"traceEvents": [{"ph": "X", "args": {"records": [{}]}}]}', /only files that --export wrote/],
    ['[{"ph": "X", "name": "x"}]', /only files that --export wrote/],
    ['{"resourceSpans": []}', /only files that --export wrote/],
    ['{"$schema": "https://www.speedscope.app/file-format-schema.json"}', /only files that --export wrote/],
    ['{"info": {}, "children": [', /not JSON/],
    ['{"name": "a-start"}\nnonsense\n', /Line 2 is not a record/],
    ['{"name": nonsense}\n{"name": "a-start"}\n', /Line 1 is not a record/],
  ])('explains why it refuses the file %j', async (text, message) => {
    await expect(readTraceFile(text)).rejects.toThrow(message)
    await expect(readTraceFile(cut(text, 2))).rejects.toThrow(message)
  })

  it('reads the records of 150,000 points', async () => {
    const report = makeLarge(MOST, false)

    const { points } = await readTraceFile(listRecords(report).map(record => `${JSON.stringify(record)}\n`))

    expect(points).toHaveLength(MOST)
  })

  it('returns an empty report for an empty file', async () => {
    expect((await readTraceFile('')).points).toEqual([])
    expect((await readTraceFile('\ufeff\n\n')).points).toEqual([])
  })

  it('rejects with the error of a source that fails', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield '{"name":'
      throw new Error('EIO')
    }

    await expect(readTraceFile(broken())).rejects.toThrow('EIO')
  })

  it('reads records whose last line is incomplete', async () => {
    const [start, stop] = makeTrace({ id: 'a', from: 0, to: 5 })
    const text = `\ufeff${JSON.stringify(start)}\r\n\r\n${JSON.stringify(stop).slice(0, 20)}`

    expect((await readTraceFile(text)).points[0]?.marks).toEqual(['unfinished'])
  })

  it('reads a single record as a trace', async () => {
    expect((await readTraceFile(JSON.stringify(makeTrace({ id: 'a', from: 0 })[0]))).points).toHaveLength(1)
  })
})
