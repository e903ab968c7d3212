import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'
import { type Point, query } from './make-trace.js'

/** Returns a request with a query of 41 ms that recorded this number of rows. */
function returned(rows: unknown, more: Partial<Point> = {}): Point[] {
  return request({
    id: 'select',
    ...query('SELECT * FROM items'),
    stopInfo: { db: { rows } },
    from: 0,
    to: 41_000,
    ...more,
  })
}

describe('the finding about a slow query', () => {
  it('says how many rows the query returned, if there are many', () => {
    expect(sentences('slow', ...returned(48_210))[0]).toBe(
      '41 % of this request is "SELECT * FROM items" in orders, which returned 48,210 rows (41.0 ms)',
    )
  })

  it('counts documents for MongoDB', () => {
    const info = { db: { system: 'mongodb', statement: 'find items' } }

    expect(sentences('slow', ...returned(1_000, { info }))[0]).toBe(
      '41 % of this request is "find items" in orders, which returned 1,000 documents (41.0 ms)',
    )
  })

  it('is absent if the query was fast, even if it returned many rows', () => {
    expect(find('slow', ...returned(48_210, { to: 9_000 })).map(({ traceIds }) => traceIds)).toEqual([])
  })

  it.each([999, -5_000, 5_000.5, 1e300, Number.NaN, '5000', null, {}, [5_000], true])(
    'ignores the row count %o',
    rows => {
      expect(sentences('slow', ...returned(rows))[0]).toBe(
        '41 % of this request is "SELECT * FROM items" in orders (41.0 ms)',
      )
    },
  )
})
