import { describe, expect, it } from 'vitest'
import { liftAccounts, restoreAccounts } from '../src/tree/lift-accounts.js'
import type { Report, ReportNode } from '../src/tree/report.js'
import { loop, reportOf } from './find.js'
import type { Point } from './make-trace.js'

const why = { name: 'why', info: { why: {} } }
const request: Point = { id: 'request', from: 0, to: 90 }
const early: Point = { id: 'early', parent: 'request', from: 10, to: 20 }
const late: Point = { id: 'late', parent: 'request', from: 60, to: 70 }

function idsOf(nodes: readonly ReportNode[] | undefined): string[] | undefined {
  return nodes?.map(({ traceId }) => traceId)
}

function draw({ points }: Pick<Report, 'points'>): string[] {
  return points.map(({ traceId, depth }) => `${' '.repeat(depth)}${traceId}`)
}

describe('liftAccounts', () => {
  it('returns the same tree if no point contains an account', () => {
    const tree = reportOf(request, early)

    expect(liftAccounts(tree, new Set())).toBe(tree)
  })

  it('moves points from below their parents and from the top into a list in tree order', () => {
    const tree = reportOf(request, early, { ...late, parent: 'early' }, { id: 'top', from: 1, to: 2 })

    const { roots, points, accounts } = liftAccounts(tree, new Set(['top', 'late']))

    expect([roots, points, accounts].map(idsOf)).toEqual([['request'], ['request', 'early'], ['late', 'top']])
    expect(points.map(({ children }) => idsOf(children))).toEqual([['early'], []])
  })
})

describe('restoreAccounts', () => {
  it.each<[string, readonly ReportNode[] | undefined]>([
    ['no list of accounts', undefined],
    ['an empty list of accounts', []],
  ])('returns the same report if it has %s', (_, accounts) => {
    const report = { ...reportOf(request), accounts }

    expect(restoreAccounts(report)).toBe(report)
  })

  it('puts an account below its request, in the order of the starts', () => {
    const report = reportOf(request, early, late, { id: 'account', parent: 'request', ...why, from: 30, to: 30 })

    const whole = restoreAccounts(report)

    expect(draw(report)).toEqual(['request', ' early', ' late'])
    expect(draw(whole)).toEqual(['request', ' early', ' account', ' late'])
    expect(whole.accounts).toBeUndefined()
  })

  it('puts an account whose request is not in the trace at the top', () => {
    const report = reportOf(
      request,
      { id: 'late-root', from: 80, to: 85 },
      { ...why, id: 'a', parent: 'gone', from: 5 },
    )

    expect(draw(restoreAccounts(report))).toEqual(['request', 'a', 'late-root'])
  })

  it('leaves the report and its points unchanged', () => {
    const report = reportOf(request, early, { id: 'account', parent: 'early', ...why, from: 20, to: 20 })
    const before = structuredClone(report)
    for (const node of [...report.points, ...(report.accounts ?? [])]) Object.freeze(node)

    const whole = restoreAccounts(report)

    expect(draw(whole)).toEqual(['request', ' early', '  account'])
    expect(report).toEqual(before)
  })

  it('reverses liftAccounts', () => {
    const accounts = ['request', 'early', 'gone'].map((parent, index) => {
      return { id: `account-${index}`, parent, ...why, from: index, to: index }
    })
    const report = reportOf(request, early, late, ...accounts)

    const lifted = liftAccounts(restoreAccounts(report), new Set(idsOf(report.accounts)))

    expect({ ...report, ...lifted }).toEqual(report)
    expect(idsOf(report.accounts)).toHaveLength(3)
  })

  it('reaches an account below a chain of 20,000 points', () => {
    const steps = loop(20_000, index => ({ parent: `step-${index - 1}`, from: index, to: 40_000 - index }))
    const report = reportOf(...steps, { id: 'account', parent: 'step-19999', ...why, from: 20_000, to: 20_000 })

    const { points } = restoreAccounts(report)

    expect(points.at(-1)).toMatchObject({ traceId: 'account', depth: 20_000 })
  })
})
