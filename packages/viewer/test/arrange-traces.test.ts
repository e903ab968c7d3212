import { describe, expect, it } from 'vitest'
import { computeRouteStatistics, createRouteKey, sortRoutes } from '../pages/list/routes/route-statistics.js'
import { type Filters, filterTraces, hasFilters, sortTraces } from '../pages/list/view/arrange-traces.js'
import { assignColours } from '../pages/shared/service-colour.js'
import type { ListedTrace } from '../src/protocol/listed-trace.js'

const ALL: Filters = { search: '', minDuration: '', status: '', route: '' }

const TRACES = [
  listed({ id: 'a', request: 'GET /orders/7', pattern: 'GET /orders/:id', durationUs: 30_000, status: 200 }),
  listed({ id: 'b', request: 'GET /orders/8', pattern: 'GET /orders/:id', durationUs: 90_000, status: 404 }),
  listed({ id: 'c', request: 'POST /pay', pattern: 'POST /pay', durationUs: 10_000, status: 503, failed: true }),
  listed({ id: 'd', request: 'GET /orders/9', pattern: 'GET /orders/:id', durationUs: null, status: null }),
  listed({
    id: 'e',
    request: '',
    pattern: '',
    name: 'nightly',
    durationUs: 200_000,
    error: 'TypeError: x',
    failed: true,
  }),
  listed({ id: 'f', request: '', pattern: '', reading: 'waiting' }),
]

describe('the filters of the list', () => {
  it.each<[Partial<Filters>, string]>([
    [{}, 'abcdef'],
    [{ search: '  ' }, 'abcdef'],
    [{ search: 'ORDERS get' }, 'abd'],
    [{ search: 'typeerror' }, 'e'],
    [{ search: ':id' }, 'abd'],
    [{ minDuration: '30' }, 'abe'],
    [{ minDuration: '0.1 s' }, 'e'],
    [{ minDuration: 'soon' }, 'abcdef'],
    [{ status: '404' }, 'b'],
    [{ status: '4xx' }, 'b'],
    [{ status: '5xx' }, 'c'],
    [{ status: 'error' }, 'ce'],
    [{ status: '4xx', minDuration: '100' }, ''],
    [{ route: createRouteKey(TRACES[0] as ListedTrace) }, 'abd'],
    [{ route: createRouteKey(TRACES[4] as ListedTrace) }, 'e'],
  ])('select the expected traces: %j', (filters, ids) => {
    expect(idsOf(filterTraces(TRACES, { ...ALL, ...filters }))).toBe(ids)
  })

  it('select every trace if all filters are empty or invalid', () => {
    expect(hasFilters({ ...ALL, search: ' ', minDuration: 'soon' })).toBe(false)
  })
})

describe('the order of the list', () => {
  it('puts unknown values last, and keeps the order of traces with equal values', () => {
    expect(idsOf(sortTraces(TRACES, { key: 'durationUs', descending: true }))).toBe('ebacdf')
    expect(idsOf(sortTraces(TRACES, { key: 'status', descending: true }))).toBe('cbadef')
  })
})

describe('the routes of the list', () => {
  it('have a count, failures, p50, p95 and the slowest trace', () => {
    const traces = Array.from({ length: 100 }, (_, index) =>
      listed({ id: String(index), pattern: 'GET /', durationUs: (index + 1) * 1_000, failed: index < 3 }),
    )

    expect(computeRouteStatistics(traces)).toMatchObject([
      {
        pattern: 'GET /',
        count: 100,
        failed: 3,
        p50Us: 50_000,
        p95Us: 95_000,
        slowestUs: 100_000,
        slowestRef: 'id:99',
      },
    ])
  })

  it('are separate for each service, and leave out traces that have not been read yet', () => {
    const routes = computeRouteStatistics([...TRACES, listed({ id: 'g', pattern: 'POST /pay', service: 'other' })])

    expect(routes.map(({ pattern, service, count }) => `${pattern} ${service} ${count}`)).toEqual([
      'GET /orders/:id shop 3',
      'POST /pay shop 1',
      'nightly shop 1',
      'POST /pay other 1',
    ])
  })

  it('can be sorted by any column, with unknown values last', () => {
    const routes = computeRouteStatistics([...TRACES, listed({ id: 'g', pattern: 'GET /new', durationUs: null })])

    const sorted = sortRoutes(routes, { key: 'p95Us', descending: true }).map(({ pattern }) => pattern)

    expect(sorted).toEqual(['nightly', 'GET /orders/:id', 'POST /pay', 'GET /new'])
  })
})

describe('the color of a service', () => {
  it('is unique among eight services, and is the same on a page with fewer services', () => {
    const names = ['gateway', 'orders', 'catalog', 'history', 'accounts', 'search', 'mail', 'audit']

    const colours = assignColours(names)

    expect(new Set(colours).size).toBe(8)
    expect(assignColours(['gateway'])[0]).toBe(colours[0])
  })

  it('differs from the colors of all other services, even if there are a hundred services', () => {
    const names = Array.from({ length: 100 }, (_, index) => `service-${index}`)

    expect(new Set(assignColours(names)).size).toBe(100)
  })
})

function listed(parts: Partial<ListedTrace> & { readonly id: string }): ListedTrace {
  return {
    ref: `id:${parts.id}`,
    timestamp: '2026-11-22T11:00:00.000000',
    name: 'request',
    request: '',
    pattern: '',
    project: 'node',
    service: 'shop',
    records: 2,
    points: 1,
    status: null,
    durationUs: null,
    failed: false,
    error: '',
    reading: 'read',
    isFile: false,
    ...parts,
  }
}

function idsOf(traces: readonly ListedTrace[]): string {
  return traces.map(({ id }) => id).join('')
}
