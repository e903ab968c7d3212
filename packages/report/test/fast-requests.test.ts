import { summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { loop, reportOf } from './find.js'
import { type Point, query, sent, served } from './make-trace.js'

/** Returns the kinds of the findings about a request of 60 ms with these steps. */
function listKinds(...steps: readonly Point[]): string[] {
  const request = { id: 'request', ...served('/'), from: 0, to: 60_000 }
  return summarize(reportOf(request, ...steps.map(step => ({ parent: 'request', ...step })))).map(({ kind }) => kind)
}

describe('a request that takes less than 100 ms', () => {
  it.each<[string, readonly Point[]]>([
    ['no steps', []],
    ['a query', [{ id: 'a', ...query('SELECT 1'), from: 1_000, to: 55_000 }]],
    [
      'two queries that might be parallel',
      [
        { id: 'a', ...query('SELECT a'), from: 1_000, to: 30_000 },
        { id: 'b', ...query('SELECT b'), from: 30_000, to: 59_000 },
      ],
    ],
    [
      'a few parallel queries',
      loop(5, index => ({ ...query('SELECT 1'), from: 1_000 + index * 1_000, to: 30_000 + index * 1_000 })),
    ],
    [
      'a few queries one after another',
      loop(4, index => ({ ...query('SELECT 1'), from: index * 5_000, to: 5_000 + index * 5_000 })),
    ],
    ['a wait', [{ id: 'a', name: 'wait', info: { wait: { for: 'pool' } }, from: 1_000, to: 40_000 }]],
    ['work after the answer', [{ id: 'a', from: 59_000, to: 80_000 }]],
  ])('has no findings if it has %s', (_, steps) => {
    expect(listKinds(...steps)).toEqual([])
  })

  it('has a finding about a loop, because a loop grows with the data', () => {
    expect(
      listKinds(...loop(12, index => ({ ...query('SELECT 1'), from: index * 3_000, to: 2_000 + index * 3_000 }))),
    ).toEqual(['repeated'])
  })

  it('has a finding about a retried request', () => {
    const call = (id: string, from: number, status: number): Point => ({
      id,
      ...sent('rates', 80, '/latest'),
      stopInfo: { requests: { status_code: status } },
      from,
      to: from + 5_000,
    })

    expect(listKinds(call('first', 1_000, 503), call('second', 20_000, 200))).toContain('retried')
  })
})
