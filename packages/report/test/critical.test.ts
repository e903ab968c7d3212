import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'

describe('the critical path', () => {
  it('is told by service, where there are several', () => {
    const found = find(
      'critical',
      ...request(
        { id: 'a', service: 'b', from: 10_000, to: 70_000 },
        { id: 'beside', service: 'c', from: 10_000, to: 60_000 },
      ),
    )

    expect(found[0]?.sentence).toBe('The critical path is b 60 %, orders 40 %')
    expect(found[0]?.traceIds).toEqual(['request', 'a'])
    expect(find('critical', ...request({ id: 'a', from: 0, to: 5 }))).toEqual([])
  })

  it('is told of one service too, where for long nothing was recorded', () => {
    expect(
      sentences('critical', { id: 'a', from: 0, to: 30_000 }, { id: 'b', parent: 'gone', from: 70_000, to: 100_000 }),
    ).toEqual(['The critical path is api 60 %, nothing recorded 40 %'])
  })
})
