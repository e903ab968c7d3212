import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'
import { type Point, sent, served } from './make-trace.js'

describe('the finding about a callee that recorded nothing', () => {
  const answered = (id: string): Point => ({ id, ...sent('items', 80, '/'), from: 0, to: 10 })
  const callee = (id: string): Point => ({
    id: `${id}-callee`,
    parent: id,
    service: 'items',
    ...served('/'),
    from: 1,
    to: 9,
  })

  it('names a service that recorded other calls', () => {
    const [found] = find('silent', ...request(answered('a'), callee('a'), answered('b')))

    expect(found).toMatchObject({ traceIds: ['b'], count: 1, share: undefined })
    expect(found?.sentence).toBe(
      'items:80 answered 1 call, but nothing is recorded below it, unlike 1 other call: perhaps records are late or lost, or the service refused the trace',
    )
  })

  it('names a service that recorded no calls', () => {
    expect(sentences('silent', ...request(answered('a'), answered('b')))).toEqual([
      'items:80 answered 2 calls, but nothing is recorded below them: perhaps the service is not traced, has other keys or a wrong clock, gets no signed headers (a proxy, propagateTo), or writes to another store',
    ])
  })

  it('is absent if the callee did not answer', () => {
    const failed = { ...answered('a'), stopInfo: { etype: 'ECONNREFUSED' } }

    expect(find('silent', ...request(failed, { id: 'b', ...sent('items', 80, '/'), from: 0 }))).toEqual([])
  })

  const unsigned = { requests: { status_code: 200, signed: false } }

  it('says if the calls had no trace headers', () => {
    expect(sentences('silent', ...request({ ...answered('a'), to: 60_000, stopInfo: unsigned }))).toEqual([
      "items:80 answered 1 call, but nothing is recorded below it: the call had no trace headers, perhaps because the caller's propagateTo does not match the host",
    ])
  })

  it('is absent if a call without trace headers takes little time', () => {
    expect(find('silent', ...request({ ...answered('a'), to: 9_000, stopInfo: unsigned }))).toEqual([])
  })
})
