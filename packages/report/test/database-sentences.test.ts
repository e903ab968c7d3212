import { describe, expect, it } from 'vitest'
import { findLateWork } from '../src/analysis/late-work.js'
import { findWaiting } from '../src/analysis/waiting.js'
import {
  describeLargeResult,
  describeLateWork,
  describePoolWait,
  rankWait,
} from '../src/findings/database-sentences.js'
import { createQuote } from '../src/findings/phrases.js'
import type { TimeFinding } from '../src/findings/time-sentences.js'
import type { Report } from '../src/tree/report.js'
import { reportOf } from './find.js'
import { type Point, query, served } from './make-trace.js'

const quote = createQuote(80)
const CODE = { file: 'src/a.ts', line: 5 }

function sentenceOf(finding: TimeFinding | undefined): string | undefined {
  return finding?.toSentence('50 % of this request', '10.0 ms')
}

describe('describeLargeResult', () => {
  function describeFirst(...points: readonly Point[]): TimeFinding | undefined {
    const [node] = reportOf(...points).points
    return node && describeLargeResult(node, 10_000, quote)
  }
  const select = (rows: unknown, info: Record<string, unknown> = {}): Point => ({
    ...{ id: 'a', info: { db: { statement: 'SELECT 1' }, ...info }, stopInfo: { db: { rows } }, from: 0, to: 10_000 },
  })

  it('names the query, its line and the number of rows', () => {
    const finding = describeFirst(select(1_000, { code: CODE }))

    expect(finding).toMatchObject({ kind: 'slow', nodes: [{ traceId: 'a' }], totalUs: 10_000, isSelfTime: true })
    expect(sentenceOf(finding)).toBe(
      '50 % of this request is "SELECT 1" in api, from src/a.ts:5, which returned 1,000 rows (10.0 ms)',
    )
  })

  it('calls the rows of MongoDB documents', () => {
    const find = select(2 ** 53 - 1, { db: { system: 'mongodb', statement: 'find items' } })

    expect(sentenceOf(describeFirst(find))).toContain('which returned 9,007,199,254,740,991 documents')
  })

  it.each([undefined, null, '1000', 999, -1_000, 1_000.5, 2 ** 53, Number.POSITIVE_INFINITY])(
    'returns undefined for the number of rows %o',
    rows => {
      expect(describeFirst(select(rows))).toBeUndefined()
    },
  )

  it('returns undefined for a query with steps', () => {
    expect(describeFirst(select(1_000), { id: 'b', parent: 'a', from: 0, to: 1 })).toBeUndefined()
  })
})

describe('a finding about a wait for a pool', () => {
  const wait = (state: Record<string, unknown>, more: Partial<Point> = {}): Point => ({
    ...{ id: 'wait', name: 'wait', info: { wait: { for: 'pool', ...state } }, from: 10_000, to: 20_000, ...more },
  })
  const holder = (id: string, statement: string, from: number, to: number): Point => ({
    ...{ id, ...query(statement), stopInfo: { db: { pool: 7 } }, from, to },
  })
  function describeFirst(...points: readonly Point[]): TimeFinding | undefined {
    const report = reportOf(...points)
    const [waiting] = findWaiting(report)
    return waiting && describePoolWait(waiting, report, quote)
  }

  it('names the size of the pool and the largest number of callers that were already waiting', () => {
    const waits = [0, 1, 5].map(waiting => wait({ max: 1_000, waiting }, { id: `wait-${waiting}` }))

    expect(describeFirst(...waits)).toMatchObject({ kind: 'waiting', totalUs: 10_000, isSelfTime: false })
    expect(sentenceOf(describeFirst(...waits))).toBe(
      '50 % of this request is spent waiting for a connection from a pool of 1,000 in api, 3 times, behind up to 5 others (10.0 ms)',
    )
    expect(sentenceOf(describeFirst(wait({ max: 2, waiting: 1 })))).toContain('in api, behind 1 other (10.0 ms)')
  })

  it('names the queries that held connections for at least half of the wait, and their line', () => {
    const half = { ...holder('half', 'SELECT 1', 0, 15_000), info: { db: { statement: 'SELECT 1' }, code: CODE } }

    expect(sentenceOf(describeFirst(wait({ max: 2, pool: 7 }), half))).toMatch(
      /in api; meanwhile "SELECT 1" of this trace, from src\/a\.ts:5, held a connection \(10\.0 ms\)$/,
    )
    expect(sentenceOf(describeFirst(wait({ max: 2, pool: 7 }), { ...half, to: 14_999 }))).toMatch(
      /in api \(10\.0 ms\)$/,
    )
  })

  it('names only the queries that held connections for the longest time in total', () => {
    const short = ['a', 'b'].map(id => holder(id, 'SELECT short', 0, 16_000))

    expect(
      sentenceOf(describeFirst(wait({ max: 3, pool: 7 }), holder('c', 'SELECT long', 0, 20_000), ...short)),
    ).toMatch(/; meanwhile "SELECT short" of this trace held connections \(10\.0 ms\)$/)
  })

  it('does not exist if the size of the pool is not recorded, or if the wait is for something else', () => {
    expect(describeFirst(wait({}))).toBeUndefined()
    expect(describeFirst(wait({ max: 0 }))).toBeUndefined()
    expect(describeFirst(wait({ for: 'lock', max: 2 }))).toBeUndefined()
  })

  describe('is ranked', () => {
    const findingOf = (report: Report, totalUs: number, ...ids: readonly string[]): TimeFinding => ({
      ...{ kind: 'repeated', totalUs, isSelfTime: false, toSentence: () => '' },
      nodes: report.points.filter(({ traceId }) => ids.includes(traceId)),
    })
    const report = reportOf(
      wait({ max: 1, pool: 7 }),
      holder('a', 'SELECT 1', 0, 12_000),
      holder('b', 'SELECT 1', 12_000, 15_000),
      holder('early', 'SELECT 1', 0, 14_000),
      { ...holder('other', 'SELECT 1', 0, 40_000), stopInfo: { db: { pool: 8 } } },
    )
    const found = findingOf(report, 10_000, 'wait')

    it('before the repeated queries that held connections for at least half of the wait', () => {
      expect(rankWait(found, [findingOf(report, 15_000, 'a', 'b')])).toBe(15_001)
    })

    it('by its own time if the repeated queries took less time', () => {
      expect(rankWait(found, [findingOf(report, 9_000, 'a', 'b')])).toBe(10_000)
    })

    it('by its own time if the repeated queries used another pool, or do not explain the wait', () => {
      const repeated = [findingOf(report, 55_000, 'a', 'b', 'other'), findingOf(report, 14_000, 'early')]

      expect(rankWait(found, repeated)).toBe(10_000)
      expect(rankWait(found, [])).toBe(10_000)
    })

    it('by its own time if its pool is not known', () => {
      const unknown = reportOf(wait({ max: 1 }), holder('a', 'SELECT 1', 0, 20_000))

      expect(rankWait(findingOf(unknown, 10_000, 'wait'), [findingOf(unknown, 20_000, 'a')])).toBe(10_000)
    })
  })
})

describe('describeLateWork', () => {
  function describeFirst(stopInfo: Record<string, unknown>, ...steps: readonly Point[]): TimeFinding | undefined {
    const root = { id: 'root', ...served('/orders'), stopInfo, from: 0, to: 100 }
    const [work] = findLateWork(reportOf(root, ...steps.map(step => ({ parent: 'root', ...step }))))
    return work && describeLateWork(work, quote)
  }
  const insert = (id: string, to: number): Point => ({ id, ...query('INSERT'), from: 100, to })

  it('names the step with the most self time, how often it ran, and the number of other steps', () => {
    const finding = describeFirst(
      {},
      { id: 'job', name: 'job', from: 100, to: 300 },
      ...['a', 'b'].map(id => ({ ...insert(id, 200), parent: 'job' })),
      { id: 'log', name: 'log', from: 100, to: 109 },
    )

    expect(finding).toMatchObject({ kind: 'late', totalUs: 200, isSelfTime: false })
    expect(sentenceOf(finding)).toBe(
      '10.0 ms of work went on after the answer of "GET /orders" in api: 2 x "INSERT" and 1 more',
    )
  })

  it('speaks of the end of a request that failed without an answer', () => {
    expect(sentenceOf(describeFirst({ etype: 'AbortError' }, insert('a', 200)))).toBe(
      '10.0 ms of work went on after the end of "GET /orders" in api: "INSERT"',
    )
  })

  it('names the first of many different steps that each took little time, and the number of the others', () => {
    const steps = Array.from({ length: 20 }, (_, index) => ({
      ...{
        id: `s${index}`,
        name: `step ${'abcdefghijklmnopqrst'[index]}`,
        from: 100 + index * 10,
        to: 110 + index * 10,
      },
    }))

    expect(sentenceOf(describeFirst({}, ...steps))).toMatch(/: "step a" and 19 more$/)
  })
})
