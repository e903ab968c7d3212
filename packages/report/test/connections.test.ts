import { summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, reportOf, request, sentences } from './find.js'
import type { Point } from './make-trace.js'

const HTTPS = { method: 'GET', query: '', path: '/latest', hostname: 'rates.example', port: 443, scheme: 'https' }

/** Returns a request that opened a connection, and then took 5 ms. Times are in milliseconds. */
function connecting(id: string, fromMs: number, connection: unknown, durationMs = 20): Point {
  return {
    id,
    name: 'https',
    info: { requests: HTTPS },
    stopInfo: { requests: { status_code: 200, first_byte_ms: 1, last_byte_ms: 1, connection } },
    from: fromMs * 1000,
    to: (fromMs + durationMs) * 1000,
  }
}

const TLS = { connect_ms: 15, dns_ms: 1, tcp_ms: 4, tls_ms: 10, busy_ms: 1 }

describe('the finding about connections', () => {
  it('asks whether keep-alive is off if each request opened a connection while earlier connections were free', () => {
    const points = [0, 20, 40, 60].map(at => connecting(`at-${at}`, at, TLS))

    const found = find('connecting', ...request(...points))

    expect(found).toMatchObject([{ count: 4, totalUs: 56_000, share: 0.56 }])
    expect(found[0]?.sentence).toBe(
      '56 % of this request is connecting: 4 requests in orders opened 4 connections to rates.example; is keep-alive off? (56.0 ms, mostly TLS)',
    )
  })

  it('is the only finding about these requests', () => {
    const points = [0, 20, 40, 60].map(at => connecting(`at-${at}`, at, TLS))

    const kinds = summarize(reportOf(...request(...points))).map(({ kind }) => kind)

    expect(kinds).toEqual(['connecting', 'gap', 'silent', 'hint'])
  })

  it.each<[string, readonly Point[]]>([
    ['the requests ran at the same time', [0, 1, 2, 3].map(at => connecting(`at-${at}`, at, TLS))],
    [
      'another request used the connection of an earlier one',
      [...[0, 20, 40].map(at => connecting(`at-${at}`, at, TLS)), connecting('reused', 60, undefined)],
    ],
    ['there were only two requests', [0, 20].map(at => connecting(`at-${at}`, at, TLS))],
    [
      'the bodies were not read to the end',
      [0, 20, 40, 60].map(at => {
        const point = connecting(`at-${at}`, at, TLS)
        return { ...point, stopInfo: { requests: { status_code: 200, unread: true, connection: TLS } } }
      }),
    ],
  ])('does not ask about keep-alive if %s', (_, points) => {
    const [sentence] = sentences('connecting', ...request(...points))

    expect(sentence).toMatch(/opened \d connections to rates\.example \(/)
  })

  it('does not ask about keep-alive if the earlier connections were idle for too long', () => {
    const points = [0, 5_000, 10_000, 15_000].map(at =>
      connecting(`at-${at}`, at, { connect_ms: 900, busy_ms: 0 }, 950),
    )
    const [sentence] = sentences('connecting', { id: 'request', from: 0, to: 16_000_000 }, ...points)

    expect(sentence).toContain('opened 4 connections to rates.example (')
  })

  it('says that resolving the host name took most of the time', () => {
    const point = connecting('a', 10, { connect_ms: 45, dns_ms: 40, tcp_ms: 2, tls_ms: 3, busy_ms: 0 }, 60)

    expect(sentences('connecting', ...request(point))).toEqual([
      '45 % of this request is resolving rates.example in orders (45.0 ms)',
    ])
  })

  it('names the part that took most of the time, and a port that is not the default', () => {
    const point = connecting('a', 10, { connect_ms: 45, tcp_ms: 5, tls_ms: 40, busy_ms: 0 }, 60)
    const info = { requests: { ...HTTPS, port: 8443 } }

    expect(sentences('connecting', ...request({ ...point, info }))).toEqual([
      '45 % of this request is connecting to rates.example:8443 in orders (45.0 ms, mostly TLS)',
    ])
  })

  it('does not count the time before connecting in which the request waited for the pool', () => {
    const point = connecting('a', 10, { connect_ms: 30, busy_ms: 0 }, 60)
    const wait = { id: 'w', parent: 'a', name: 'wait', info: { wait: { for: 'pool' } }, from: 10_000, to: 50_000 }

    expect(find('connecting', ...request(point, wait))).toMatchObject([{ totalUs: 20_000 }])
  })

  it.each<[string, unknown]>([
    ['the event loop was busy in the meantime', { connect_ms: 40, busy_ms: 38 }],
    ['connecting took little time', { connect_ms: 4, busy_ms: 0 }],
    ['the time is longer than the request', { connect_ms: 4_000, busy_ms: 0 }],
    ['the time is negative', { connect_ms: -4, busy_ms: 0 }],
    ['the time is not a number', { connect_ms: '40', busy_ms: 0 }],
    ['the time is NaN', { connect_ms: Number.NaN }],
    ['the connection is a string', 'new'],
    ['the connection is a list', [40]],
    ['the connection is null', null],
  ])('is absent if %s', (_, connection) => {
    expect(find('connecting', ...request(connecting('a', 10, connection, 60)))).toEqual([])
  })

  it('leaves out the tries of a retried request, which have their own finding', () => {
    const failed = connecting('a', 0, TLS)
    const points = [
      { ...failed, stopInfo: { requests: { status_code: 503, connection: TLS } } },
      connecting('b', 60, TLS),
    ]

    const kinds = summarize(reportOf(...request(...points))).map(({ kind }) => kind)

    expect(kinds).toContain('retried')
    expect(kinds).not.toContain('connecting')
  })

  it('replaces the finding about the time between two services', () => {
    const call = { ...connecting('a', 10, { connect_ms: 45, busy_ms: 0 }, 60), host: 'vm' }
    const callee: Point = { id: 'b', parent: 'a', service: 'rates', name: 'wsgi', from: 60_000, to: 69_000 }

    const kinds = summarize(reportOf(...request(call, callee))).map(({ kind }) => kind)

    expect(kinds).toContain('connecting')
    expect(kinds).not.toContain('hop')
  })

  it('ignores invalid hosts', () => {
    const infos = [{ hostname: 7 }, { hostname: ['a'] }, { hostname: 'a', port: {} }, { hostname: '', port: 80 }, null]
    const points = infos.map((requests, index) => ({
      ...connecting(`${index}`, 10, { connect_ms: 45, busy_ms: 0 }, 60),
      info: { requests },
    }))

    expect(sentences('connecting', ...request(...points))).toEqual([
      expect.stringContaining('45 % of this request is connecting to a in orders (45.0 ms)'),
    ])
  })
})
