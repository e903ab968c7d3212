import { describe, expect, it } from 'vitest'
import { find, loop, request } from './find.js'
import { query, served } from './make-trace.js'

describe('the finding about failures', () => {
  it('names the point where a failure began, with its message', () => {
    const failure = { etype: 'OperationalError', message: 'no such table: items' }
    const found = find(
      'failed',
      { id: 'a', service: 'gateway', ...served('/', 500), from: 0, to: 100 },
      { id: 'b', parent: 'a', service: 'orders', ...served('/orders', 500), from: 1, to: 99 },
      { id: 'c', parent: 'b', service: 'orders', ...query('SELECT 1'), from: 2, to: 98, stopInfo: failure },
    )

    expect(found.map(finding => finding.sentence)).toEqual([
      '"SELECT 1" in orders failed: OperationalError: no such table: items',
    ])
    expect(found[0]?.traceIds).toEqual(['c'])
  })

  it('names the status if there is no exception', () => {
    expect(find('failed', { id: 'a', ...served('/x', 503), from: 0, to: 9 })[0]?.sentence).toBe(
      '"GET /x" in api failed: status 503',
    )
  })

  it('counts the failures that exceed the limit', () => {
    const found = find('failed', ...request(...loop(5, index => ({ from: index, to: 9, stopInfo: { etype: 'E' } }))))

    expect(found).toHaveLength(4)
    expect(found[3]).toMatchObject({ sentence: '2 more points failed', traceIds: ['step-3', 'step-4'] })
  })
})
