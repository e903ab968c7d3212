import { buildReport, type Report, type ReportNode } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { createOwnCauses, isWait } from '../src/why/own-causes.js'
import { reportOf } from './find.js'
import { account, HELD, SUM_PRICES, TIMER, why } from './make-account.js'
import { explain } from './make-cause.js'
import { makeTrace, type Point, query, sent, served } from './make-trace.js'

const request: Point = { id: 'request', ...served('/'), from: 0, to: 100_000 }
const step: Point = { id: 'step', parent: 'request', from: 20_000, to: 60_000 }
const info = why(
  [SUM_PRICES, TIMER, { kind: 'unknown' }],
  [
    [10, 30, 0],
    [30, 70, 1],
    [80, 90, 2],
    [90, 100, -1],
  ],
)

function nodeOf({ points }: Report, id: string): ReportNode {
  const node = points.find(({ traceId }) => traceId === id)
  if (node === undefined) throw new Error(`The report has no point ${id}`)
  return node
}

/** Returns the stretches of a point in milliseconds, with the kinds of their causes. */
function listStretches(report: Report, id: string): unknown[] {
  return createOwnCauses(report)
    .stretchesOf(nodeOf(report, id))
    .map(({ startUs, endUs, cause }) => [startUs / 1000, endUs / 1000, cause?.kind])
}

describe('accountOf', () => {
  it.each<[string, Partial<Point>, boolean]>([
    ['in the same process', {}, true],
    ['in another service', { service: 'web' }, false],
    ['on another host', { host: 'vm2' }, false],
    ['that is another request', served('/inner'), false],
  ])('finds the account for a point below its request %s: %o', (_, more, isCovered) => {
    const report = explain(request, info, step, { id: 'inner', parent: 'step', from: 30_000, to: 50_000, ...more })
    const own = createOwnCauses(report)

    const covered = report.points.filter(node => own.accountOf(node) !== undefined).map(({ traceId }) => traceId)

    expect(covered).toEqual(isCovered ? ['request', 'step', 'inner'] : ['request', 'step'])
  })

  it('finds nothing for a point below another process, even if the point is in the same process', () => {
    const far = { id: 'far', parent: 'request', service: 'web', from: 1, to: 9 }
    const report = explain(request, info, far, { id: 'back', parent: 'far', from: 2, to: 3 })

    expect(createOwnCauses(report).accountOf(nodeOf(report, 'back'))).toBeUndefined()
  })

  it("finds an inner request's own account", () => {
    const inner: Point = { id: 'inner', parent: 'step', ...served('/inner'), from: 30_000, to: 50_000 }
    const below: Point = { id: 'below', parent: 'inner', from: 31_000, to: 32_000 }
    const records = [...account(request, info), ...account(inner, why([HELD], [[30, 50, 0]]))]
    const report = buildReport([...makeTrace(request, step, inner, below), ...records])
    const own = createOwnCauses(report)

    const found = report.points.map(node => own.accountOf(node)?.servedId)

    expect(found).toEqual(['request', 'request', 'inner', 'inner'])
    expect(own.accounts).toHaveLength(2)
  })

  it('finds nothing in a trace without accounts', () => {
    const report = reportOf(request, step)
    const own = createOwnCauses(report)
    const node = nodeOf(report, 'step')

    expect(own.accounts).toEqual([])
    expect([own.accountOf(node), own.stretchesOf(node), own.knownUsOf(node)]).toEqual([undefined, [], 0])
  })
})

describe('stretchesOf', () => {
  it("cuts the timeline to a point's self time, in order of time", () => {
    const report = explain(request, info, step)

    expect(listStretches(report, 'request')).toEqual([
      [10, 20, 'cpu'],
      [60, 70, 'wait'],
      [80, 90, 'unknown'],
      [90, 100, undefined],
    ])
    expect(listStretches(report, 'step')).toEqual([
      [20, 30, 'cpu'],
      [30, 60, 'wait'],
    ])
  })

  it.each<[string, Partial<Point>]>([
    ['that never stopped', { from: 20_000 }],
    ['that took no time', { from: 20_000, to: 20_000 }],
    ['that stopped before it started', { from: 40_000, to: 20_000 }],
    ['that ended before the account began', { from: 0, to: 10_000 }],
    ['that began after the account had ended', { from: 100_000, to: 110_000 }],
    ['that ran between two intervals', { from: 70_000, to: 80_000 }],
  ])('is empty for a point %s', (_, times) => {
    const report = explain(request, info, { id: 'step', parent: 'request', ...times } as Point)

    expect(listStretches(report, 'step')).toEqual([])
  })

  it('is empty if the account has no timeline', () => {
    expect(listStretches(explain(request, { ...info, timeline: undefined }), 'request')).toEqual([])
  })
})

describe('knownUsOf', () => {
  it("counts the self time that has a cause of a known kind in the account's list", () => {
    const report = explain(request, info, step)
    const own = createOwnCauses(report)

    const known = report.points.map(node => own.knownUsOf(node))

    // The request's own 60 ms contain 20 ms of known causes. The step has known causes only.
    expect(known).toEqual([20_000, 40_000])
  })
})

describe('clockOf', () => {
  it('returns one clock for each account, and creates one for any other account', () => {
    const own = createOwnCauses(explain(request, info))
    const [known] = own.accounts
    if (known === undefined) throw new Error('The report has no account')

    expect(own.clockOf(known)).toBe(own.clockOf(known))
    expect(own.clockOf({ ...known, timeline: [] }).causes).toEqual([])
  })
})

describe('isWait', () => {
  it.each<[string, boolean, Partial<Point>]>([
    ['an outgoing call', true, sent('db', 80, '/')],
    ['a query', true, query('SELECT 1')],
    ['a point named wait', true, { name: 'wait' }],
    ['a wait for a pool', true, { info: { wait: { for: 'pool' } } }],
    ['a served request', false, served('/')],
    ['a step with a text as info.db', false, { info: { db: 'SELECT 1' } }],
    ['a step named db', false, { name: 'db' }],
  ])('returns for %s: %o', (_, expected, more) => {
    const report = reportOf({ id: 'a', from: 0, to: 9, ...more })

    expect(isWait(nodeOf(report, 'a'))).toBe(expected)
  })
})
