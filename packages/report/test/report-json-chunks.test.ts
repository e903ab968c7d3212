import { buildReport, readReport, reportJson, reportJsonChunks } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeShopTrace, makeTrace, recordsOf } from './make-trace.js'

function chunked(records: Parameters<typeof buildReport>[0]): string {
  return [...reportJsonChunks(buildReport(records))].join('')
}

describe('reportJsonChunks', () => {
  it('writes exactly the same text as JSON.stringify and Python', () => {
    const records = makeShopTrace()

    expect(chunked(records)).toBe(JSON.stringify(reportJson(buildReport(records)), null, 2))
  })

  it('writes the same text as JSON.stringify at every depth that is indented', () => {
    const chain = Array.from({ length: 100 }, (_, index) =>
      recordsOf({ id: `p${index}`, ...(index > 0 && { parent: `p${index - 1}` }), from: index, to: 300 - index }),
    ).flat()

    expect(chunked(chain)).toBe(JSON.stringify(reportJson(buildReport(chain)), null, 2))
  })

  it('writes a report without points as Python does', () => {
    expect(chunked([])).toContain('"children": [],\n  "stats": {}\n}')
  })

  it('writes the same values as reportJson for any info', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), info => {
        const records = makeTrace({ id: 'a', from: 0, to: 10, info }, { id: 'b', parent: 'a', from: 2, to: 4, info })

        const text = chunked(records)

        expect(text).toMatch(/^[\n -~]*$/)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(reportJson(buildReport(records)))))
      }),
    )
  })

  it('writes a chain of 20,000 points in pieces of limited size', () => {
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

  it('writes a value that is nested too deep for JSON.stringify', () => {
    const deep: unknown = JSON.parse(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`)

    const text = chunked(makeTrace({ id: 'a', from: 0, to: 1, info: { deep } }))

    expect(text).toContain(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`)
    expect(readReport(text).points).toHaveLength(1)
  })

  it('writes a string in place of a bigint or a circular reference, which JSON cannot represent', () => {
    const circle: Record<string, unknown> = { big: 12n }
    circle.self = circle

    const report = JSON.parse(chunked(makeTrace({ id: 'a', from: 0, to: 1, info: { circle } })))

    expect(report.children[0].info['meta.raw_payload.point-start'].info.circle).toEqual({
      big: '12',
      self: '[circular]',
    })
  })
})
