import { readdirSync, readFileSync } from 'node:fs'
import { buildReport, parseRecords, readReport, reportJson, reportJsonChunks } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeShopTrace, makeTrace, recordsOf } from './make-trace.js'
import { withoutOwnKeys } from './without-own-keys.js'

const traces = new URL('../../../test/fixtures/conformance/traces/', import.meta.url)
const names = readdirSync(traces)
  .filter(file => file.endsWith('.jsonl'))
  .map(file => file.slice(0, -'.jsonl'.length))

function readTrace(file: string): string {
  return readFileSync(new URL(file, traces), 'utf8')
}

function chunked(records: Parameters<typeof buildReport>[0]): string {
  return [...reportJsonChunks(buildReport(records))].join('')
}

describe('the JSON of a report', () => {
  it('has conformance traces to be compared with', () => {
    expect(names.length).toBeGreaterThanOrEqual(5)
  })

  it.each(names)('is what Python printed for %s, once our own keys are set aside', name => {
    const records = parseRecords(readTrace(`${name}.jsonl`))

    const report = JSON.parse(JSON.stringify(reportJson(buildReport(records))))

    expect(withoutOwnKeys(report)).toEqual(withoutOwnKeys(JSON.parse(readTrace(`${name}.report.json`))))
  })

  it('keeps microseconds and marks in keys of its own', () => {
    const records = makeTrace({ id: 'a', from: 0, to: 1_500 }, { id: 'b', parent: 'a', from: 1_234 })

    const { info, children } = reportJson(buildReport(records))

    expect(info).toMatchObject({ finished: 1, finished_us: 1500, started_at: '2026-11-22T11:00:00.000000' })
    expect(children[0]?.info).toMatchObject({ started_us: 0, finished_us: 1500, marks: [] })
    expect(children[0]?.children[0]?.info).toMatchObject({
      started: 1,
      finished: 1,
      started_us: 1234,
      finished_us: null,
      marks: ['unfinished'],
    })
  })

  it('orders siblings by their real starts where whole milliseconds are equal', () => {
    const records = makeTrace(
      { id: 'second', from: 900, to: 950 },
      { id: 'third', from: 901, to: 920 },
      { id: 'first', from: 100, to: 990 },
    )

    const { children } = reportJson(buildReport(records))

    expect(children.map(child => child.trace_id)).toEqual(['first', 'second', 'third'])
  })

  it('cuts both ends to whole milliseconds before it subtracts, as Python does', () => {
    const records = makeTrace({ id: 'a', from: 0, to: 9000 }, { id: 'b', name: 'db', from: 1999, to: 2001 })

    expect(reportJson(buildReport(records)).stats).toMatchObject({ db: { count: 1, duration: 1 } })
  })

  it('counts points named __proto__ like any other', () => {
    const records = makeTrace({ id: '__proto__', name: '__proto__', from: 0, to: 2000 })

    const report = JSON.parse(chunked(records))

    expect(Object.entries(report.stats)).toEqual([['__proto__', { count: 1, duration: 2 }]])
    expect(report.children[0].trace_id).toBe('__proto__')
  })
})

describe('the JSON in chunks', () => {
  it('is byte for byte what JSON.stringify lays out, which is what Python prints', () => {
    const records = makeShopTrace()

    expect(chunked(records)).toBe(JSON.stringify(reportJson(buildReport(records)), null, 2))
  })

  it('is so at any depth that is indented', () => {
    const chain = Array.from({ length: 100 }, (_, index) =>
      recordsOf({ id: `p${index}`, ...(index > 0 && { parent: `p${index - 1}` }), from: index, to: 300 - index }),
    ).flat()

    expect(chunked(chain)).toBe(JSON.stringify(reportJson(buildReport(chain)), null, 2))
  })

  it('is laid out as Python does when there are no points', () => {
    expect(chunked([])).toContain('"children": [],\n  "stats": {}\n}')
  })

  it('says the same as the object for any values in info', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), info => {
        const records = makeTrace({ id: 'a', from: 0, to: 10, info }, { id: 'b', parent: 'a', from: 2, to: 4, info })

        const text = chunked(records)

        expect(text).toMatch(/^[\n -~]*$/)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(reportJson(buildReport(records)))))
      }),
    )
  })

  it('holds a chain of 20,000 points in bounded pieces', () => {
    const chain = Array.from({ length: 20_000 }, (_, index) =>
      recordsOf({ id: `p${index}`, ...(index > 0 && { parent: `p${index - 1}` }), from: index, to: 60_000 - index }),
    ).flat()
    let longest = 0
    let text = ''

    for (const chunk of reportJsonChunks(buildReport(chain))) {
      longest = Math.max(longest, chunk.length)
      text += chunk
    }

    expect(longest).toBeLessThan(200_000)
    expect(readReport(text).points.at(-1)).toMatchObject({ traceId: 'p19999', depth: 19_999, marks: [] })
  })

  it('writes a value nested deeper than JSON.stringify can', () => {
    const deep: unknown = JSON.parse(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`)

    const text = chunked(makeTrace({ id: 'a', from: 0, to: 1, info: { deep } }))

    expect(text).toContain(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`)
    expect(readReport(text).points).toHaveLength(1)
  })

  it('writes what JSON cannot hold as text', () => {
    const circle: Record<string, unknown> = { big: 12n }
    circle.self = circle

    const report = JSON.parse(chunked(makeTrace({ id: 'a', from: 0, to: 1, info: { circle } })))

    expect(report.children[0].info['meta.raw_payload.point-start'].info.circle).toEqual({
      big: '12',
      self: '[circular]',
    })
  })
})
