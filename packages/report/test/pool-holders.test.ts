import { parseJson } from '@osprofiler/core/json'
import { buildReport } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { createCover, findHolders, usesPool } from '../src/analysis/pool-holders.js'
import { findWaiting } from '../src/analysis/waiting.js'
import { reportOf } from './find.js'
import { makeTrace, type Point, query } from './make-trace.js'

function holder(id: string, from: number, to: number, pool: unknown = 7): Point {
  return { id, ...query('SELECT 1'), stopInfo: { db: { pool } }, from, to }
}

describe('findHolders', () => {
  const wait = (id: string, from: number, to: number, state: Record<string, unknown> = { pool: 7 }): Point => ({
    ...{ id, name: 'wait', from, to },
    info: { wait: { for: 'pool', ...state } },
  })

  /** Returns the ids of the queries that held connections during the first wait in the trace. */
  function holdersIn(...points: readonly Point[]): string[] {
    const report = reportOf(...points)
    const [waiting] = findWaiting(report)
    if (waiting === undefined) throw new Error('no wait')
    return findHolders(waiting, report).map(({ traceId }) => traceId)
  }

  it('returns the queries that used the same pool during a wait, in tree order', () => {
    const points = [wait('w', 100, 200), holder('whole', 0, 300), holder('end', 199, 300), holder('start', 50, 101)]

    expect(holdersIn(...points)).toEqual(['whole', 'start', 'end'])
  })

  it('leaves out queries that ended when the wait began, began when it ended, or ran between two waits', () => {
    const waits = [wait('w', 100, 200), wait('w2', 400, 500)]

    expect(holdersIn(...waits, holder('a', 0, 100), holder('b', 200, 400), holder('c', 500, 600))).toEqual([])
  })

  it('leaves out queries of another pool or service, and points that took no time', () => {
    const elsewhere = { ...holder('b', 0, 300), service: 'worker' }

    expect(holdersIn(wait('w', 100, 200), holder('a', 0, 300, 8), elsewhere, holder('c', 150, 150))).toEqual([])
  })

  it('returns nothing if the number of the pool is not recorded', () => {
    expect(holdersIn(wait('w', 100, 200, {}), { ...holder('a', 0, 300), stopInfo: {} })).toEqual([])
    expect(findHolders({ nodes: [], for: 'pool', totalUs: 0 }, reportOf())).toEqual([])
  })
})

describe('usesPool', () => {
  it.each<[unknown, boolean]>([
    [7, true],
    [parseJson('7.0'), true],
    [8, false],
    ['7', false],
    [[7], false],
    [null, false],
    [{}, false],
  ])('compares the recorded number %o with the number of the pool', (pool, expected) => {
    const [node] = reportOf(holder('a', 0, 1, pool)).points

    expect(node && usesPool(node, 7)).toBe(expected)
  })
})

describe('createCover', () => {
  const time = (startedUs: number | undefined, finishedUs: number | undefined) => ({ startedUs, finishedUs })

  const { points } = reportOf(
    { id: 'a', from: 0, to: 100 },
    { id: 'within', from: 20, to: 40 },
    { id: 'overlapping', from: 80, to: 150 },
    { id: 'later', from: 300, to: 400 },
    { id: 'empty', from: 350, to: 350 },
  )

  it.each([
    [0, 1000, 250],
    [0, 150, 150],
    [90, 110, 20],
    [150, 300, 0],
    [140, 310, 20],
    [400, 500, 0],
    [350, 350, 0],
    [-50, 10, 10],
  ])('returns how much of the time from %i to %i overlaps with the points: %i', (fromUs, toUs, expected) => {
    const cover = createCover(points.toReversed())

    expect(cover(time(fromUs, toUs))).toBe(expected)
  })

  it('returns 0 for an interval that ends before it starts, or whose start or end is unknown', () => {
    const cover = createCover(points)

    expect([time(100, 0), time(undefined, 100), time(0, undefined)].map(cover)).toEqual([0, 0, 0])
  })

  it('leaves out points without a start or a stop, and points that ended before they started', () => {
    const records = makeTrace(
      { id: 'first', from: 0, to: 10 },
      { id: 'open', from: 20 },
      { id: 'lost', from: 0, to: 50 },
      { id: 'reversed', from: 90, to: 60 },
    ).filter(({ name, trace_id }) => trace_id !== 'lost' || name !== 'point-start')

    const cover = createCover(buildReport(records).points)

    expect(cover(time(0, 1000))).toBe(10)
  })

  it('returns 0 if there are no points', () => {
    expect(createCover([])(time(0, 1000))).toBe(0)
  })
})
