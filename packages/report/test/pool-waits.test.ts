import { summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { reportOf, request, sentences } from './find.js'
import { type Point, query } from './make-trace.js'

const POOL = 4711

function wait(state: Record<string, unknown>, more: Partial<Point> = {}): Point {
  return { id: 'wait', name: 'wait', info: { wait: { for: 'pool', ...state } }, from: 10_000, to: 30_000, ...more }
}

function holder(id: string, pool: unknown, more: Partial<Point> = {}): Point {
  return { id, ...query('SELECT pg_sleep(?)'), stopInfo: { db: { pool } }, from: 0, to: 31_000, ...more }
}

/**
 * Returns the sentences of the kind `waiting` about a request. After the given steps, the request makes a query that
 * waits for the pool.
 */
function sentencesAbout(...steps: readonly Point[]): string[] {
  return sentences('waiting', ...request(...steps, { id: 'own', ...query('UPDATE t'), from: 30_000, to: 99_000 }))
}

describe('the finding about a pool', () => {
  it('says how large the pool is, how many others were waiting, and which queries held connections meanwhile', () => {
    expect(sentencesAbout(holder('a', POOL), holder('b', POOL), wait({ max: 2, waiting: 6, pool: POOL }))).toEqual([
      '20 % of this request is spent waiting for a connection from a pool of 2 in orders, behind 6 others; meanwhile "SELECT pg_sleep(?)" of this trace held connections (20.0 ms)',
    ])
  })

  it('adds up the waits for the same pool, and has a separate finding for each pool', () => {
    const waits = ['a', 'b', 'c'].map((id, index) => wait({ max: 2, waiting: index, pool: POOL }, { id }))
    const other = wait({ max: 8, waiting: 1, pool: 1 }, { id: 'other', from: 0, to: 10_000 })

    expect(sentencesAbout(holder('holder', POOL), ...waits, other)).toEqual([
      '20 % of this request is spent waiting for a connection from a pool of 2 in orders, 3 times, behind up to 2 others; meanwhile "SELECT pg_sleep(?)" of this trace held a connection (20.0 ms)',
      '10 % of this request is spent waiting for a connection from a pool of 8 in orders, behind 1 other (10.0 ms)',
    ])
  })

  it('names the queries that held connections for the longest time', () => {
    expect(
      sentencesAbout(
        holder('short', POOL, { ...query('SELECT short'), to: 15_000 }),
        holder('long', POOL, { ...query('SELECT long'), from: 12_000 }),
        wait({ max: 2, pool: POOL }),
      )[0],
    ).toContain('meanwhile "SELECT long" of this trace held a connection')
  })

  it('comes before the finding about queries that waited for one another', () => {
    const queries = [0, 1, 2].map(index =>
      holder(`q${index}`, POOL, { from: index * 33_000, to: index * 33_000 + 32_000 }),
    )
    const waits = [1, 2].map(index =>
      wait({ max: 1, waiting: index - 1, pool: POOL }, { id: `w${index}`, from: 0, to: index * 33_000 }),
    )

    expect(summarize(reportOf(...request(...queries, ...waits))).map(({ kind }) => kind)).toEqual([
      'waiting',
      'repeated',
    ])
  })

  it.each<[string, Point]>([
    ['used another pool', holder('a', 1)],
    ['recorded no pool', { ...holder('a', POOL), stopInfo: {} }],
    ['ran before the wait', holder('a', POOL, { to: 10_000 })],
    ['ran after the wait', holder('a', POOL, { from: 30_000, to: 60_000 })],
    ['ran during less than half of the wait', holder('a', POOL, { to: 19_000 })],
    ['ran in another service', holder('a', POOL, { service: 'items' })],
    ['never finished', { id: 'a', ...query('SELECT 1'), info: { db: { pool: POOL } }, from: 0 }],
  ])('does not blame a query that %s', (_, point) => {
    expect(sentencesAbout(point, wait({ max: 2, waiting: 0, pool: POOL }))).toEqual([
      '20 % of this request is spent waiting for a connection from a pool of 2 in orders (20.0 ms)',
    ])
  })

  it.each([0, -1, 1.5, 1e300, Number.NaN, '2', null, {}, [2]])('does not name the invalid pool size %o', max => {
    expect(sentencesAbout(holder('a', POOL), wait({ max, waiting: {}, pool: POOL }))).toEqual([
      '20 % of this request is spent waiting for a connection from a pool in orders (20.0 ms)',
    ])
  })
})
