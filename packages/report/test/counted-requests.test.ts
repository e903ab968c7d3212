import { buildReport, type Report } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { countPendingAccounts, countRequests, findMissingPoints } from '../src/analysis/counted-requests.js'
import { reportOf } from './find.js'
import { account, TIMER, why } from './make-account.js'
import { makeTrace, type Point, sent, served } from './make-trace.js'

const ROOT_END = 1000

/** Returns a served request whose stop contains the service's counts. */
function counted(id: string, points: unknown, more: Partial<Point> = {}): Point {
  return { id, ...served('/'), stopInfo: { points }, from: 0, to: ROOT_END, ...more }
}

function step(id: string, parent: string, more: Partial<Point> = {}): Point {
  return { id, parent, from: 10, to: 20, ...more }
}

/** Returns the counts of each request, and the ids of the strays. */
function countsOf(report: Report): unknown {
  const { requests, strays } = countRequests(report)
  return {
    requests: requests.map(({ served: { traceId }, ...counts }) => ({ traceId, ...counts })),
    strays: strays.map(({ traceId }) => traceId),
  }
}

describe('countRequests', () => {
  it('counts the points of a request that are in the trace, and returns what its service counted', () => {
    const report = reportOf(counted('root', { recorded: 9, passed_on: 2 }), step('a', 'root'), step('b', 'a'))

    expect(countRequests(report).requests).toMatchObject([
      { served: { traceId: 'root' }, recorded: 9, passedOn: 2, present: 3, sent: 0, pendingAccounts: 0 },
    ])
  })

  it('returns nothing for an empty trace, and for a trace in which no service counted its points', () => {
    const nothing = { requests: [], strays: [] }

    expect(countsOf(buildReport([]))).toEqual(nothing)
    expect(countsOf(reportOf(counted('root', undefined), step('lost', 'gone')))).toEqual(nothing)
  })

  it('assigns each point to the innermost counted request of its service', () => {
    const report = reportOf(
      counted('root', { recorded: 2 }),
      step('call', 'root', sent('api', 80, '/')),
      counted('inner', { recorded: 2 }, { parent: 'call' }),
      step('a', 'inner'),
      step('other', 'inner', { service: 'worker' }),
    )
    const { requestOf, requests } = countRequests(report)
    const owners = report.points.map(node => [node.traceId, requestOf.get(node)?.served.traceId])

    expect(Object.fromEntries(owners)).toEqual({
      ...{ root: 'root', call: 'root', inner: 'inner', a: 'inner', other: undefined },
    })
    expect(requests.map(({ present, sent }) => [present, sent])).toEqual([
      [2, 1],
      [2, 0],
    ])
  })

  it('does not assign a request that the service sent to itself to the caller, even if it is not counted', () => {
    const report = reportOf(
      counted('root', { recorded: 2 }),
      step('call', 'root', sent('api', 80, '/')),
      step('inner', 'call', served('/')),
      step('a', 'inner'),
    )

    expect(countRequests(report).requests).toMatchObject([{ present: 2, sent: 0 }])
  })

  it('returns points without their parents, and the points of the same service below them, as strays', () => {
    const report = reportOf(
      counted('root', { recorded: 9 }),
      step('lost', 'gone'),
      step('below', 'lost'),
      step('other', 'lost', { service: 'worker' }),
      counted('inner', { recorded: 1 }, { parent: 'gone' }),
      step('self', 'self'),
    )

    expect(
      countRequests(report)
        .strays.map(({ traceId }) => traceId)
        .sort(),
    ).toEqual(['below', 'lost'])
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 60, '2', null, [2], {}])('counts the invalid number %o as 0', number => {
    const report = reportOf(counted('root', { recorded: 1, passed_on: number, pending: number }))

    expect(countRequests(report).requests).toMatchObject([{ passedOn: 0, pendingAccounts: 0 }])
    expect(countRequests(reportOf(counted('root', { recorded: number }))).requests).toEqual([])
  })
})

describe('countPendingAccounts', () => {
  const root = counted('root', { recorded: 2, pending: 1 })

  it('counts an account that a service announced, but that is not in the trace', () => {
    expect(countPendingAccounts(reportOf(root, step('a', 'root')))).toBe(1)
    expect(countPendingAccounts(reportOf(root, step('a', 'root', { to: ROOT_END - 1 })))).toBe(1)
    expect(countPendingAccounts(buildReport([]))).toBe(0)
  })

  it('does not count an account that is in the trace', () => {
    const records = [...makeTrace(root, step('a', 'root')), ...account(root, why([TIMER], [[0, 1, 0]]))]

    expect(countPendingAccounts(buildReport(records))).toBe(0)
  })

  it('still counts an account whose second record is not in the trace', () => {
    const [started] = account(root, why([TIMER], [[0, 1, 0]]))
    if (started === undefined) throw new Error('no record')

    expect(countPendingAccounts(buildReport([...makeTrace(root, step('a', 'root')), started]))).toBe(1)
  })

  it.each<[string, readonly Point[]]>([
    ['a point that never stopped', [root, { id: 'a', parent: 'root', from: 10 }]],
    ['a point that stopped together with the request', [root, step('a', 'root', { to: ROOT_END })]],
    ['a point that stopped after the request', [root, step('a', 'root', { to: ROOT_END + 1 })]],
    ['a missing point', [root]],
  ])('does not count %s, which may be the point that had not stopped', (_, points) => {
    expect(countPendingAccounts(reportOf(...points))).toBe(0)
  })
})

describe('findMissingPoints', () => {
  const missingIn = (...points: readonly Point[]) =>
    findMissingPoints(reportOf(...points)).map(({ service, requests, recorded, missing }) => ({
      ...{ service, requests: requests.length, recorded, missing },
    }))

  it('adds up the missing points of each service, in tree order', () => {
    expect(
      missingIn(
        counted('a', { recorded: 3 }, { service: 'web' }),
        counted('b', { recorded: 5 }, { service: 'api', from: 1 }),
        counted('c', { recorded: 4 }, { service: 'web', from: 2 }),
        counted('d', { recorded: 1 }, { service: 'mail', from: 3 }),
      ),
    ).toEqual([
      { service: 'web', requests: 2, recorded: 7, missing: 5 },
      { service: 'api', requests: 1, recorded: 5, missing: 4 },
    ])
  })

  it('does not let a request with too many points hide the missing points of another request', () => {
    const many = ['1', '2', '3', '4'].map(id => step(id, 'a'))

    expect(missingIn(counted('a', { recorded: 1 }), counted('b', { recorded: 2 }), ...many)).toEqual([
      { service: 'api', requests: 1, recorded: 2, missing: 1 },
    ])
  })

  it('subtracts only strays of the same service, and never returns less than one missing point', () => {
    const root = counted('root', { recorded: 3 })
    const worker = { service: 'worker' }

    expect(missingIn(root, step('a', 'gone'), step('b', 'gone', worker))).toMatchObject([{ missing: 1 }])
    expect(missingIn(root, step('a', 'gone'), step('b', 'gone'), step('c', 'gone'))).toEqual([])
  })
})
