import { createRequire } from 'node:module'
import {
  buildReport,
  exportOtlp,
  exportOtlpParts,
  exportPerfetto,
  exportSpeedscope,
  type Report,
  type ReportNode,
  readTraceFile,
} from '@osprofiler/report'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layTracks } from '../src/export/lay-tracks.js'
import { hostileRecords } from './hostile-records.js'
import { BASE_ID, makeShopTrace, makeTrace, type Point, query, sent, served } from './make-trace.js'

/** A traced event, as far as tests look into it. */
interface Event {
  readonly name: string
  readonly ph: string
  readonly ts: number
  readonly dur: number
  readonly pid: number
  readonly tid: number
  readonly id: number
  readonly args: Record<string, unknown>
}

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

const matchesSchema = new Ajv({ strict: false }).compile(
  createRequire(import.meta.url)('speedscope/dist/release/file-format-schema.json'),
)

function parsed(chunks: Iterable<string>): Record<string, unknown> {
  return JSON.parse([...chunks].join(''))
}

function perfetto(points: readonly Point[]): Event[] {
  return parsed(exportPerfetto(buildReport(makeTrace(...points)))).traceEvents as Event[]
}

function speedscope(report: Report): { frames: { name: string; file: string }[]; profiles: SpeedscopeProfile[] } {
  const value = parsed(exportSpeedscope(report))
  const { frames } = value.shared as { frames: { name: string; file: string }[] }
  return { frames, profiles: value.profiles as SpeedscopeProfile[] }
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

describe('tracks', () => {
  const parallel = [
    { id: 'a', from: 0, to: 100 },
    { id: 'b', parent: 'a', from: 10, to: 50 },
    { id: 'c', parent: 'a', from: 40, to: 90 },
    { id: 'd', parent: 'b', from: 20, to: 30 },
    { id: 'e', parent: 'a', from: 60, to: 70 },
    { id: 'f', parent: 'a', from: 95, to: 120 },
  ]

  function tracksOf(points: readonly Point[], groupOf: (node: ReportNode) => string = () => ''): string[] {
    return layTracks(buildReport(makeTrace(...points)), groupOf).map(({ laid }) =>
      laid.map(({ node, isNested }) => (isNested ? node.traceId : node.traceId.toUpperCase())).join(' '),
    )
  }

  it('nest what fits, and give what overlaps a track of its own', () => {
    expect(tracksOf(parallel)).toEqual(['A b d e', 'C F'])
  })

  it('are not shared by groups', () => {
    expect(tracksOf(parallel, ({ traceId }) => (traceId === 'd' ? 'x' : ''))).toEqual(['A b e', 'D', 'C F'])
  })

  it('never let two points cross, and hold every point once', () => {
    fc.assert(
      fc.property(hostileRecords, records => {
        const report = buildReport(records)
        const tracks = layTracks(report, ({ service }) => service ?? '')

        expect(tracks.flatMap(({ laid }) => laid.map(({ node }) => node.traceId)).toSorted()).toEqual(
          report.points.map(node => node.traceId).toSorted(),
        )
        for (const { laid } of tracks) {
          for (const [index, first] of laid.entries()) {
            for (const second of laid.slice(index + 1)) {
              const isWithin = second.startUs >= first.startUs && second.endUs <= first.endUs
              expect(isWithin || second.startUs >= first.endUs).toBe(true)
            }
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('are found for 100,000 points at the same time', () => {
    const points = Array.from({ length: 100_000 }, (_, index) => ({ id: `${index}`, from: index, to: 200_000 + index }))

    expect(layTracks(buildReport(makeTrace(...points)), () => '')).toHaveLength(100_000)
  })
})

describe('the export for Perfetto', () => {
  it('has a process a service, a slice a point, and an arrow a hop', () => {
    const events = perfetto([
      { id: 'a', service: 'gateway', ...sent('orders', 80, '/7'), from: 0, to: 900 },
      { id: 'b', parent: 'a', service: 'orders', ...served('/7'), from: 100, to: 800 },
      { id: 'c', parent: 'b', service: 'orders', ...query('SELECT 1'), from: 200, to: 300 },
    ])

    const processes = events.filter(({ name }) => name === 'process_name').map(({ pid, args }) => [pid, args.name])
    const slices = events.filter(({ ph }) => ph === 'X').map(({ name, ts, dur, pid }) => [name, ts, dur, pid])
    const arrows = events.filter(({ ph }) => 'sf'.includes(ph)).map(({ ph, id, ts, pid }) => [ph, id, ts, pid])

    expect(processes).toEqual([
      [1, 'gateway'],
      [2, 'orders'],
    ])
    expect(slices).toEqual([
      ['http GET orders:80/7 200', 0, 900, 1],
      ['wsgi GET /7 200', 100, 700, 2],
      ['db SELECT 1', 200, 100, 2],
    ])
    expect(arrows).toEqual([
      ['s', 1, 100, 1],
      ['f', 1, 100, 2],
    ])
  })

  it('marks what never ended, and draws it to the end of its parent', () => {
    const slice = perfetto([
      { id: 'a', from: 0, to: 900 },
      { id: 'b', parent: 'a', from: 100 },
    ]).find(({ args }) => args.trace_id === 'b')

    expect(slice).toMatchObject({ ts: 100, dur: 800, args: { unfinished: true, marks: ['unfinished'] } })
  })

  it('has the fields that the format asks for in each event, whatever the records hold', () => {
    const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
    fc.assert(
      fc.property(hostileRecords, records => {
        const events = parsed(exportPerfetto(buildReport(records))).traceEvents as Event[]

        for (const { name, ph, ts, dur, pid, tid, id } of events) {
          expect(typeof name).toBe('string')
          expect([ts, pid, tid].every(isCount)).toBe(true)
          expect(['M', 'X', 's', 'f']).toContain(ph)
          if (ph === 'X') expect(isCount(dur)).toBe(true)
          if (ph === 's' || ph === 'f') expect(isCount(id)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('the export for speedscope', () => {
  it('is one profile across services where one thing is done after another', () => {
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

  it('matches the schema of the package, and opens and closes as on a stack, whatever the records hold', () => {
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

describe('the export for OpenTelemetry', () => {
  const id = '6f2c8a10-1111-4222-8333-0123456789ab'

  it('has ids, times, kinds and attributes as its protocol has them', () => {
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

  it('hashes ids that are no UUID, always to the same, and never to zeros', () => {
    // FNV-1a of 128 bits, draft-eastlake-fnv: the hash of "foobar" is 343e1662793c64bf6f0d3597ba446f18.
    const [known] = spans([{ id: 'foobar', from: 0, to: 1 }])
    const [nil] = spans([{ id: '00000000-0000-0000-0000-000000000000', from: 0, to: 1 }])

    expect(known?.spanId).toBe('6f0d3597ba446f18')
    expect(nil?.spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/)
  })

  it('marks what never ended, and tells of exceptions', () => {
    const [open, failed] = spans([
      { id: 'a', from: 0 },
      { id: 'b', parent: 'a', from: 10, to: 20, stopInfo: { etype: 'KeyError', message: 'no such item' } },
    ])

    expect(attribute(open, 'osprofiler.unfinished')).toBe(true)
    expect(open?.endTimeUnixNano).toBe(failed?.endTimeUnixNano)
    expect(failed?.status).toEqual({ code: 2, message: 'no such item' })
    expect(failed?.events?.map(({ name }) => name)).toEqual(['exception'])
  })

  it('has valid ids, times and text whatever the records hold', () => {
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

describe('the export for OpenTelemetry in parts', () => {
  const MAX = 20_000
  const report = buildReport(Array.from({ length: 20 }, makeShopTrace).flat())

  function partsOf(given: Report): string[] {
    return [...exportOtlpParts(given, MAX)].map(part => [...part].join(''))
  }

  it('is the export itself where one part has room for it', () => {
    const [part, ...others] = [...exportOtlpParts(report)].map(pieces => [...pieces].join(''))

    expect(others).toEqual([])
    expect(part).toBe([...exportOtlp(report)].join(''))
  })

  it('has parts of at most the size, each a line and a whole document', () => {
    const parts = partsOf(report)

    expect(parts.length).toBeGreaterThan(2)
    for (const part of parts) {
      expect(part.length).toBeLessThanOrEqual(MAX)
      expect(part.indexOf('\n')).toBe(part.length - 1)
      expect(parsed([part])).toHaveProperty('resourceSpans.0.scopeSpans.0.spans.0.traceId')
    }
  })

  it('has every span once, as the export has it, and is read back as a whole', async () => {
    const parts = partsOf(report)

    const listed = parts.flatMap(part => spansOf(parsed([part])))
    expect(listed).toEqual(spansOf(parsed(exportOtlp(report))))
    expect((await readTraceFile(parts)).points).toEqual(report.points)
  })

  it('leaves out the records of a point that alone are larger', () => {
    const large = buildReport(
      makeTrace({ id: 'a', from: 0, to: 9 }, { id: 'b', from: 1, to: 2, info: { x: 'x'.repeat(MAX) } }),
    )

    const [first, ...others] = partsOf(large).flatMap(part => spansOf(parsed([part])))

    expect(attribute(first, 'osprofiler.records')).toBeTypeOf('string')
    expect(others).toHaveLength(1)
    expect(attribute(others[0], 'osprofiler.records')).toBeUndefined()
  })

  it('is one document without spans for a report without points', () => {
    expect(partsOf(buildReport([])).map(part => JSON.parse(part))).toEqual([{ resourceSpans: [] }])
  })
})

describe('every export', () => {
  it.each([exportPerfetto, exportSpeedscope, exportOtlp])('bears records nested 20,000 deep: %o', async write => {
    let info: unknown = 'bottom'
    for (let depth = 0; depth < 20_000; depth++) info = [info]
    const report = buildReport(makeTrace({ id: 'a', from: 0, to: 1, info: { deep: info } }))

    const { points } = await readTraceFile(write(report))

    expect(points[0]).toMatchObject({ traceId: 'a', durationUs: 1, marks: [] })
  })

  it.each([exportPerfetto, exportSpeedscope, exportOtlp])('comes in pieces: %o', write => {
    const chunks = [...write(buildReport(Array.from({ length: 20 }, makeShopTrace).flat()))]

    expect(chunks.length).toBeGreaterThan(2)
    expect(chunks.every(chunk => chunk.length < 200_000)).toBe(true)
  })

  it.each([exportPerfetto, exportSpeedscope, exportOtlp])('shortens names of a megabyte: %o', write => {
    const long = 'n'.repeat(1_000_000)
    const text = [...write(buildReport(makeTrace({ id: 'a', name: long, service: long, from: 0, to: 1 })))].join('')

    // The records hold each of them twice.
    expect(text.length).toBeLessThan(4_100_000)
  })
})
