import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'

describe('the finding about the critical path', () => {
  it("names each service's share if there are several services", () => {
    const found = find(
      'critical',
      ...request(
        { id: 'a', service: 'b', from: 10_000, to: 70_000 },
        { id: 'beside', service: 'c', from: 10_000, to: 60_000 },
      ),
    )

    expect(found[0]?.sentence).toBe('The critical path is 60 % in b, 40 % in orders')
    expect(found[0]?.traceIds).toEqual(['request', 'a'])
    expect(find('critical', ...request({ id: 'a', from: 0, to: 5 }))).toEqual([])
  })

  it('also names a single service if much time is unrecorded', () => {
    expect(
      sentences('critical', { id: 'a', from: 0, to: 30_000 }, { id: 'b', parent: 'gone', from: 70_000, to: 100_000 }),
    ).toEqual(['The critical path is 60 % in api, 40 % unrecorded'])
  })
})
