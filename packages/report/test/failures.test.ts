import { summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, loop, reportOf, request } from './find.js'
import { type Point, query, sent, served } from './make-trace.js'

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

  it('comes first if the whole request failed, and otherwise after the findings about time', () => {
    const steps = [
      { id: 'slow', from: 0, to: 90_000 },
      { id: 'failed', from: 90_000, to: 91_000, stopInfo: { etype: 'E' } },
    ]
    const kinds = (...points: readonly Point[]) => summarize(reportOf(...points)).map(({ kind }) => kind)
    const [served500, ...others] = request(...steps).map(point => ({
      ...point,
      ...(point.id === 'request' && served('/', 500)),
    }))

    expect(kinds(...request(...steps)).slice(0, 2)).toEqual(['slow', 'failed'])
    expect(kinds(...(served500 === undefined ? [] : [served500, ...others])).slice(0, 2)).toEqual(['failed', 'slow'])
  })

  it('names the call that was given up, and not its callee', () => {
    const call = { id: 'call', ...sent('rates', 80, '/'), stopInfo: { etype: 'TimeoutError', message: 'too slow' } }
    const callee = { id: 'callee', parent: 'call', service: 'rates', ...served('/') }
    const abandoned = { ...callee, stopInfo: { etype: 'ClientDisconnected', message: 'The client went away' } }

    const found = find('failed', ...request({ ...call, from: 0, to: 50_000 }, { ...abandoned, from: 100, to: 50_900 }))

    expect(found.map(({ sentence }) => sentence)).toEqual(['"GET rates:80/" in orders failed: TimeoutError: too slow'])
  })
})
