import { describe, expect, it } from 'vitest'
import { find, request } from './find.js'
import { query } from './make-trace.js'

describe('the finding about a gap', () => {
  it('names the points before and after the gap', () => {
    const found = find(
      'gap',
      ...request(
        { id: 'a', ...query('SELECT a'), from: 0, to: 30_000 },
        { id: 'b', ...query('UPDATE b'), from: 75_000, to: 99_000 },
      ),
    )

    expect(found).toMatchObject([{ traceIds: ['request'], totalUs: 45_000, share: 0.45 }])
    expect(found[0]?.sentence).toBe(
      '45 % of this request is "GET /orders" in orders between "SELECT a" and "UPDATE b", with nothing recorded (45.0 ms)',
    )
  })

  it("does not include time in which a step's background work ran", () => {
    const found = find(
      'gap',
      ...request({ id: 'enqueue', from: 0, to: 1_000 }, { id: 'job', parent: 'enqueue', from: 5_000, to: 95_000 }),
    )

    expect(found.every(({ totalUs }) => (totalUs ?? 0) <= 5_000)).toBe(true)
  })

  it('appears between groups of steps that overlap or contain each other', () => {
    expect(
      find(
        'gap',
        ...request(
          { id: 'long', from: 0, to: 60_000 },
          { id: 'inside', from: 10_000, to: 20_000 },
          { id: 'last', from: 80_000, to: 100_000 },
        ),
      ),
    ).toMatchObject([{ totalUs: 20_000 }])
  })

  it('is absent if an unfinished step may have run', () => {
    expect(find('gap', ...request({ id: 'open', from: 0 }))).toEqual([])
  })
})
