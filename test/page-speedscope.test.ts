import { readFileSync } from 'node:fs'
import type { TraceRecord } from '@osprofiler/core'
import { buildReport, exportPerfetto, exportSpeedscope, parseRecords } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { type PlannedPoint, recordPoints, TRACE_ID } from './page-trace.js'
import { listProfiles, openInSpeedscope, type ShownProfile, waitForFirstPoint } from './speedscope-app.js'

const TRACES = new URL('./fixtures/conformance/traces/', import.meta.url)

describe('speedscope shows three services with simultaneous points', () => {
  it('in a file in its own format', async () => {
    const { page, title, profiles, offences } = await openInSpeedscope(exportSpeedscope(buildReport(createCartTrace())))

    expect(title).toBe(`Trace ${TRACE_ID} - speedscope`)
    expect(profiles).toEqual([
      {
        name: '1 gateway: wsgi GET /cart',
        symbols: [
          'db SELECT * FROM items: 370.00ms (37%)',
          'http GET catalog/items: 390.00ms (39%)',
          'wsgi GET /cart: 1.00s (100%)',
          'wsgi GET /items: 370.00ms (37%)',
        ],
      },
      {
        name: '2 gateway: http GET orders/orders',
        symbols: [
          'db SELECT 1: 200.00ms (34%)',
          'db SELECT 2: 100.00ms (17%)',
          'http GET orders/orders: 590.00ms (100%)',
          'now: 0.00ns (<0.01%)',
          'wsgi GET /orders: 560.00ms (95%)',
        ],
      },
      { name: '3 orders: db SELECT 3', symbols: ['db SELECT 3: 100.00ms (100%)'] },
    ])
    expect(await listProfiles(page)).toEqual(profiles.map(({ name }) => name))
    await waitForFirstPoint(page, '1.00s (100%) wsgi GET /cart')
    expect(offences()).toEqual([])
  })

  it("in a file in Perfetto's format, with a profile for each track", async () => {
    const { page, profiles, offences } = await openInSpeedscope(exportPerfetto(buildReport(createCartTrace())))

    expect(profiles).toEqual([
      {
        name: 'gateway (pid 1), track 1 (tid 1)',
        symbols: ['http GET catalog/items: 390.00ms (39%)', 'wsgi GET /cart: 1.00s (100%)'],
      },
      { name: 'gateway (pid 1), track 2 (tid 2)', symbols: ['http GET orders/orders: 590.00ms (100%)'] },
      {
        name: 'catalog (pid 2), track 1 (tid 3)',
        symbols: ['db SELECT * FROM items: 370.00ms (100%)', 'wsgi GET /items: 370.00ms (100%)'],
      },
      {
        name: 'orders (pid 3), track 1 (tid 4)',
        symbols: [
          'db SELECT 1: 100.00ms (18%)',
          'db SELECT 1: 100.00ms (18%)',
          'db SELECT 2: 100.00ms (18%)',
          'now: 0.00ns (<0.01%)',
          'wsgi GET /orders: 560.00ms (100%)',
        ],
      },
      { name: 'orders (pid 3), track 2 (tid 5)', symbols: ['db SELECT 3: 100.00ms (100%)'] },
    ])
    expect(await listProfiles(page)).toEqual(profiles.map(({ name }) => name))
    await waitForFirstPoint(page, '1.00s (100%) wsgi GET /cart')
    expect(offences()).toEqual([])
  })
})

/**
 * Creates two concurrent calls. The second called service has two queries without a pause between them, a point that
 * takes no time, and two queries that overlap.
 */
function createCartTrace(): TraceRecord[] {
  const point = (
    service: string,
    name: string,
    [fromMs, toMs]: readonly [number, number],
    info: PlannedPoint['info'] = {},
    children: readonly PlannedPoint[] = [],
  ): PlannedPoint => ({ service, name, fromMs, toMs, info, children })
  const serves = (path: string) => ({ request: { method: 'GET', path, query: '', scheme: 'http' } })
  const sends = (hostname: string, path: string) => ({
    requests: { method: 'GET', path, query: '', hostname, scheme: 'http' },
  })
  const asks = (statement: string) => ({ db: { statement, params: {} } })
  const catalog = point('catalog', 'wsgi', [20, 390], serves('/items'), [
    point('catalog', 'db', [20, 390], asks('SELECT * FROM items')),
  ])
  const orders = point('orders', 'wsgi', [30, 590], serves('/orders'), [
    point('orders', 'db', [40, 140], asks('SELECT 1')),
    point('orders', 'db', [140, 240], asks('SELECT 1')),
    point('orders', 'now', [240, 240]),
    point('orders', 'db', [300, 400], asks('SELECT 2')),
    point('orders', 'db', [350, 450], asks('SELECT 3')),
  ])
  return recordPoints([
    point('gateway', 'wsgi', [0, 1000], serves('/cart'), [
      point('gateway', 'http', [10, 400], sends('catalog', '/items'), [catalog]),
      point('gateway', 'http', [10, 600], sends('orders', '/orders'), [orders]),
    ]),
  ])
}

describe.each(['404', 'create', 'delete', 'list', 'show'])("speedscope shows Glance's trace %s", name => {
  const records = parseRecords(readFileSync(new URL(`glance-image-${name}.jsonl`, TRACES), 'utf8'))
  const report = buildReport(records)

  it('in a file in its own format, with every frame', async () => {
    const text = [...exportSpeedscope(report)].join('')
    const { shared, profiles: written } = JSON.parse(text) as SpeedscopeFile

    const { title, profiles, offences } = await openInSpeedscope([text])

    expect(offences()).toEqual([])
    expect(title).toBe(`Trace ${report.baseId} - speedscope`)
    expect(profiles.map(profile => profile.name)).toEqual(written.map(profile => profile.name))
    expect(new Set(listNames(profiles))).toEqual(new Set(shared.frames.map(frame => frame.name)))
  })

  it("in a file in Perfetto's format, with every point", async () => {
    const text = [...exportPerfetto(report)].join('')
    const { traceEvents } = JSON.parse(text) as PerfettoFile

    const { profiles, offences } = await openInSpeedscope([text])

    expect(offences()).toEqual([])
    expect(profiles).toHaveLength(traceEvents.filter(event => event.name === 'thread_name').length)
    expect(listNames(profiles).toSorted()).toEqual(
      traceEvents
        .filter(event => event.ph === 'X')
        .map(event => event.name)
        .toSorted(),
    )
    expect(listNames(profiles)).toHaveLength(report.points.length)
  })
})

interface SpeedscopeFile {
  readonly shared: { readonly frames: readonly { readonly name: string }[] }
  readonly profiles: readonly { readonly name: string }[]
}

interface PerfettoFile {
  readonly traceEvents: readonly { readonly name: string; readonly ph: string }[]
}

function listNames(profiles: readonly ShownProfile[]): string[] {
  return profiles.flatMap(({ symbols }) => symbols.map(symbol => symbol.slice(0, symbol.lastIndexOf(': '))))
}
