import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'
import { type Point, sent, served } from './make-trace.js'

describe('a callee that recorded nothing', () => {
  const answered = (id: string): Point => ({ id, ...sent('items', 80, '/'), from: 0, to: 10 })
  const callee = (id: string): Point => ({
    id: `${id}-callee`,
    parent: id,
    service: 'items',
    ...served('/'),
    from: 1,
    to: 9,
  })

  it('may be a service that reported other calls', () => {
    const [found] = find('silent', ...request(answered('a'), callee('a'), answered('b')))

    expect(found).toMatchObject({ traceIds: ['b'], count: 1, share: undefined })
    expect(found?.sentence).toBe(
      'items:80 answered 1 call with nothing recorded below, and 1 call with something: perhaps its records were lost, are late, or it refused the trace',
    )
  })

  it('may be a service that never reports, which may be right', () => {
    expect(sentences('silent', ...request(answered('a'), answered('b')))).toEqual([
      'items:80 answered 2 calls and nothing is recorded below: perhaps it is not traced, has other keys or another clock, gets no signed headers (a proxy, propagateTo), or writes to another store',
    ])
  })

  it('is nothing where nobody answered', () => {
    const failed = { ...answered('a'), stopInfo: { etype: 'ECONNREFUSED' } }

    expect(find('silent', ...request(failed, { id: 'b', ...sent('items', 80, '/'), from: 0 }))).toEqual([])
  })
})
