import { buildReport, exportOtlp, exportOtlpParts, type Report, readTraceFile } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostileRecords } from './hostile-records.js'
import { BASE_ID, makeShopTrace, makeTrace, type Point, sent, served } from './make-trace.js'
import { parsed } from './parse-export.js'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[]
  readonly events?: readonly { readonly name: string }[]
  readonly status: { readonly code?: number; readonly message?: string }
}

function spans(points: readonly Point[]): Span[] {
  return spansOf(parsed(exportOtlp(buildReport(makeTrace(...points)))))
}

function spansOf(request: Record<string, unknown>): Span[] {
  const resources = request.resourceSpans as { scopeSpans: { spans: Span[] }[] }[]
  return resources.flatMap(({ scopeSpans }) => scopeSpans).flatMap(scope => scope.spans)
}

function attribute(span: Span | undefined, key: string): unknown {
  return Object.values(span?.attributes.find(entry => entry.key === key)?.value ?? {})[0]
}

describe('exportOtlp', () => {
  const id = '6f2c8a10-1111-4222-8333-0123456789ab'

  it('writes ids, times, kinds and attributes as the protocol requires', () => {
    const [server, client, db] = spans([
      { id, ...served('/orders', 500), from: 0, to: 900 },
      { id: 'b', parent: id, ...sent('catalog', 8081, '/items'), from: 100, to: 200 },
      {
        id: 'c',
        parent: id,
        name: 'db',
        info: { db: { system: 'postgresql', statement: 'SELECT 1' } },
        from: 300,
        to: 400,
      },
    ])

    expect(server).toMatchObject({
      traceId: BASE_ID.replaceAll('-', ''),
      spanId: '83330123456789ab',
      name: 'GET',
      kind: 2,
      startTimeUnixNano: `${Date.UTC(2026, 10, 22, 11)}000000`,
      endTimeUnixNano: `${Date.UTC(2026, 10, 22, 11)}900000`,
      status: { code: 2 },
    })
    expect(server).not.toHaveProperty('parentSpanId')
    expect(attribute(server, 'http.response.status_code')).toBe('500')
    expect(client).toMatchObject({ kind: 3, parentSpanId: '83330123456789ab', status: {} })
    expect(attribute(client, 'server.port')).toBe('8081')
    expect(attribute(db, 'db.query.text')).toBe('SELECT 1')
    expect(attribute(db, 'db.system.name')).toBe('postgresql')
  })

  it('hashes ids that are not UUIDs, to reproducible values that are never all zeros', () => {
    // According to draft-eastlake-fnv, the 128-bit FNV-1a hash of "foobar" is 343e1662793c64bf6f0d3597ba446f18.
    const [known] = spans([{ id: 'foobar', from: 0, to: 1 }])
    const [nil] = spans([{ id: '00000000-0000-0000-0000-000000000000', from: 0, to: 1 }])

    expect(known?.spanId).toBe('6f0d3597ba446f18')
    expect(nil?.spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/)
  })

  it('marks unfinished points, and writes exceptions', () => {
    const [open, failed] = spans([
      { id: 'a', from: 0 },
      { id: 'b', parent: 'a', from: 10, to: 20, stopInfo: { etype: 'KeyError', message: 'no such item' } },
    ])

    expect(attribute(open, 'osprofiler.unfinished')).toBe(true)
    expect(open?.endTimeUnixNano).toBe(failed?.endTimeUnixNano)
    expect(failed?.status).toEqual({ code: 2, message: 'no such item' })
    expect(failed?.events?.map(({ name }) => name)).toEqual(['exception'])
  })

  it('writes valid ids, times and strings for any records', () => {
    fc.assert(
      fc.property(hostileRecords, records => {
        const request = parsed(exportOtlp(buildReport(records)))
        const text = JSON.stringify(request)

        expect(text.isWellFormed() && !/\\ud[89a-f]/i.test(text.replaceAll('\\\\', ''))).toBe(true)
        const resources = request.resourceSpans as { scopeSpans: { spans: Span[] }[] }[]
        for (const span of resources.flatMap(({ scopeSpans }) => scopeSpans).flatMap(scope => scope.spans)) {
          expect(span.traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/)
          expect(span.spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/)
          expect(span.startTimeUnixNano).toMatch(/^\d+$/)
          expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano))
          expect(span.name).not.toBe('')
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('exportOtlpParts', () => {
  const MAX = 20_000
  const report = buildReport(Array.from({ length: 20 }, makeShopTrace).flat())

  function partsOf(given: Report): string[] {
    return [...exportOtlpParts(given, MAX)].map(part => [...part].join(''))
  }

  it('writes a single part if the whole export fits into it', () => {
    const [part, ...others] = [...exportOtlpParts(report)].map(pieces => [...pieces].join(''))

    expect(others).toEqual([])
    expect(part).toBe([...exportOtlp(report)].join(''))
  })

  it('writes parts of at most the maximum size, each of which is a complete document on one line', () => {
    const parts = partsOf(report)

    expect(parts.length).toBeGreaterThan(2)
    for (const part of parts) {
      expect(part.length).toBeLessThanOrEqual(MAX)
      expect(part.indexOf('\n')).toBe(part.length - 1)
      expect(parsed([part])).toHaveProperty('resourceSpans.0.scopeSpans.0.spans.0.traceId')
    }
  })

  it('writes every span once, so that all parts together can be read back', async () => {
    const parts = partsOf(report)

    const listed = parts.flatMap(part => spansOf(parsed([part])))
    expect(listed).toEqual(spansOf(parsed(exportOtlp(report))))
    expect((await readTraceFile(parts)).points).toEqual(report.points)
  })

  it('leaves out the records of a point if they exceed the maximum size', () => {
    const large = buildReport(
      makeTrace({ id: 'a', from: 0, to: 9 }, { id: 'b', from: 1, to: 2, info: { x: 'x'.repeat(MAX) } }),
    )

    const [first, ...others] = partsOf(large).flatMap(part => spansOf(parsed([part])))

    expect(attribute(first, 'osprofiler.records')).toBeTypeOf('string')
    expect(others).toHaveLength(1)
    expect(attribute(others[0], 'osprofiler.records')).toBeUndefined()
  })

  it('writes one document without spans for a report without points', () => {
    expect(partsOf(buildReport([])).map(part => JSON.parse(part))).toEqual([{ resourceSpans: [] }])
  })
})
