import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'
import { type Point, sent, served } from './make-trace.js'

describe('the finding about time between two services', () => {
  const call = (id: string, from: number, to: number, before: number, after: number): Point[] => [
    { id, ...sent('items', 80, '/'), from, to },
    { id: `${id}-callee`, parent: id, service: 'items', ...served('/'), from: from + before, to: to - after },
  ]

  it('splits the time into the parts before and after the callee', () => {
    const found = find('hop', ...request(...call('a', 10_000, 90_000, 25_000, 5000)))

    expect(found).toMatchObject([{ traceIds: ['a', 'a-callee'], totalUs: 30_000, share: 0.3 }])
    expect(found[0]?.sentence).toBe(
      '30 % of this request lies between "GET items:80/" in orders and "GET /" in items: the network, queues or bodies (30.0 ms: 25.0 ms there, 5.00 ms back)',
    )
  })

  it('adds up all calls, and counts simultaneous calls once', () => {
    const points = request(
      ...call('a', 0, 20_000, 10_000, 0),
      ...call('b', 0, 20_000, 10_000, 0),
      ...call('c', 30_000, 60_000, 15_000, 5000),
    )

    expect(find('hop', ...points)[0]).toMatchObject({ totalUs: 30_000 })
    expect(sentences('hop', ...points)[0]).toContain(
      'lies between orders and items, in 3 calls: the network, queues or bodies (30.0 ms',
    )
  })

  it('has the same total if the clocks differ, but does not split it', () => {
    const [caller, callee] = call('a', 10_000, 90_000, 25_000, 5000) as [Point, Point]
    const off = { ...callee, host: 'other', from: callee.from + 9_000_000, to: (callee.to ?? 0) + 9_000_000 }

    expect(sentences('hop', ...request(caller, off))[0]).toContain(
      '(30.0 ms; the clocks differ too much to tell the way there from the way back)',
    )
  })

  it("is not repeated as the caller's self time", () => {
    expect(find('slow', ...request(...call('a', 0, 100_000, 25_000, 25_000))).map(({ traceIds }) => traceIds)).toEqual([
      ['a-callee'],
    ])
  })
})
