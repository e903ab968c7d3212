import { buildReport, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'
import { makeTrace, type Point } from './make-trace.js'

describe('the finding about waiting', () => {
  const wait = (id: string, from: number, to: number, info?: Record<string, unknown>): Point => ({
    id,
    name: 'wait',
    from,
    to,
    ...(info && { info }),
  })

  it('adds up the waits for a pool', () => {
    const pool = { wait: { for: 'pool' } }
    const found = find('waiting', ...request(wait('a', 0, 10_000, pool), wait('b', 20_000, 30_000, pool)))

    expect(found).toMatchObject([{ traceIds: ['a', 'b'], totalUs: 20_000, share: 0.2 }])
    expect(found[0]?.sentence).toBe(
      '20 % of this request is spent waiting for a connection from a pool in orders, 2 times (20.0 ms)',
    )
  })

  it('distinguishes waits for the event loop, for other named causes, and for unknown causes', () => {
    expect(
      sentences(
        'waiting',
        ...request(
          { ...wait('a', 0, 30_000), info: { wait: { for: 'event-loop' } } },
          { ...wait('b', 40_000, 60_000), name: 'lock', stopInfo: { wait: { for: 'lock 7' } } },
          wait('c', 70_000, 80_000),
        ),
      ),
    ).toEqual([
      '30 % of this request is spent waiting for the event loop in orders (30.0 ms)',
      '20 % of this request is spent waiting for lock 7 in orders (20.0 ms)',
      '10 % of this request is spent waiting in orders (10.0 ms)',
    ])
  })

  it('does not report the same points as slow or repeated', () => {
    const points = request(wait('a', 0, 20_000), wait('b', 20_000, 40_000), wait('c', 40_000, 60_000))

    expect(summarize(buildReport(makeTrace(...points))).map(({ kind }) => kind)).toEqual(['waiting', 'gap', 'hint'])
  })
})
