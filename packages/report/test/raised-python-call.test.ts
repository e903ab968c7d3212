import { describe, expect, it } from 'vitest'
import { find } from './find.js'
import { type Point, query, sent, served } from './make-trace.js'

describe('a call that raised an exception in a Python service', () => {
  it("is named if Python's hook recorded the end of the request as the end of the call", () => {
    const call = { id: 'call', service: 'orders', ...sent('items', 80, '/x'), from: 1, to: 9 }
    const [wsgi, other] = [
      { id: 'wsgi', service: 'orders', ...served('/'), from: 0 },
      { id: 'query', parent: 'call', service: 'orders', ...query('SELECT 1'), from: 3, to: 4 },
    ]
    const findBelow = (members: Partial<Point>) => {
      const points = [wsgi, { ...call, parent: 'wsgi', ...members }, other]
      return find('unfinished', ...points).map(({ sentence }) => sentence)
    }

    const unfinished = '"GET /" in orders never finished, so its duration is unknown'
    const blame = `; perhaps "GET items:80/x" raised an exception, and Python's requests hook did not record its stop`
    expect(findBelow({ stopInfo: {} })).toEqual([unfinished + blame])
    expect(findBelow({})).toEqual([unfinished])
    expect(findBelow({ stopInfo: { etype: 'ConnectionError' } })).toEqual([unfinished])
    expect(findBelow({ stopInfo: {}, service: 'items' })).toEqual([unfinished])
  })
})
