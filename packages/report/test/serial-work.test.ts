import { describe, expect, it } from 'vitest'
import { find, request } from './find.js'
import { type Point, query, sent } from './make-trace.js'

describe('the finding about serial work', () => {
  const read = (id: string, from: number, to: number): Point => ({ id, ...query(`SELECT ${id}`), from, to })

  it('says that time might be saved, and how much', () => {
    const found = find(
      'serial',
      ...request(read('a', 0, 20_000), read('b', 20_000, 60_000), {
        id: 'c',
        ...sent('x', 1, '/c'),
        from: 61_000,
        to: 91_000,
      }),
    )

    expect(found).toMatchObject([{ traceIds: ['a', 'b', 'c'], totalUs: 50_000, share: 0.5 }])
    expect(found[0]?.sentence).toBe(
      'Up to 50 % of this request might be saved if "SELECT a", "SELECT b" and 1 more in orders ran in parallel: the records show no dependency (50.0 ms)',
    )
  })

  it('also includes steps that mostly consist of queries and requests', () => {
    expect(
      find(
        'serial',
        ...request(
          { id: 'load user', from: 0, to: 40_000 },
          { ...read('a', 1000, 39_000), parent: 'load user' },
          { id: 'load cart', from: 40_000, to: 80_000 },
          { ...read('b', 41_000, 79_000), parent: 'load cart' },
        ),
      ),
    ).toMatchObject([{ traceIds: ['load user', 'load cart'], totalUs: 40_000 }])
  })

  it.each([
    ['overlaps', request(read('a', 0, 50_000), read('b', 49_999, 99_000))],
    [
      'writes between the reads',
      request(
        read('a', 0, 40_000),
        { id: 'w', ...query('UPDATE t SET x = 1'), from: 40_000, to: 41_000 },
        read('b', 42_000, 90_000),
      ),
    ],
    [
      'computes between the reads',
      request(read('a', 0, 40_000), { id: 'f', from: 40_000, to: 41_000 }, read('b', 42_000, 90_000)),
    ],
    ['locks rows', request(read('a', 0, 40_000), { ...read('b', 42_000, 90_000), ...query('SELECT b FOR UPDATE') })],
    [
      'uses a value from the result of the step before it',
      request(
        { ...read('a', 0, 40_000), stopInfo: { db: { result: '[{"sku": "sku-4711"}]' } } },
        { id: 'b', ...sent('x', 1, '/items/sku-4711'), from: 42_000, to: 90_000 },
      ),
    ],
    [
      'posts',
      request(read('a', 0, 40_000), {
        id: 'b',
        name: 'http',
        info: { requests: { method: 'POST', path: '/', hostname: 'x' } },
        from: 42_000,
        to: 90_000,
      }),
    ],
  ])('is absent if a step %s', (_, points) => {
    expect(find('serial', ...points)).toEqual([])
  })

  it('is absent for points that are in a reported repetition', () => {
    const points = Array.from({ length: 4 }, (_, index) => read('same', index * 25_000, index * 25_000 + 25_000))

    expect(find('serial', ...request(...points.map((point, index) => ({ ...point, id: `s${index}` }))))).toEqual([])
  })

  it('is absent if the request does not wait for the work', () => {
    expect(
      find(
        'serial',
        ...request(
          { id: 'decisive', from: 0, to: 100_000 },
          { id: 'beside', from: 0, to: 90_000 },
          { ...read('a', 0, 40_000), parent: 'beside' },
          { ...read('b', 45_000, 90_000), parent: 'beside' },
        ),
      ),
    ).toEqual([])
  })
})
