import { describe, expect, it } from 'vitest'
import { isOutgoing } from '../src/analysis/calls/service-calls.js'
import { createConnectingTest, describeBodies, describeOpenedConnections } from '../src/findings/http-time.js'
import { createQuote } from '../src/findings/phrases.js'
import type { TimeFinding } from '../src/findings/time-sentences.js'
import type { Report, ReportNode } from '../src/tree/report.js'
import { reportOf } from './find.js'
import { type Point, sent, served } from './make-trace.js'

/** Returns a request that opened a connection. */
function connecting(id: string, connectMs: number, from = 0, hostname = 'db'): Point {
  const requests = { status_code: 200, last_byte_ms: connectMs, connection: { connect_ms: connectMs } }
  return { id, ...sent(hostname, 80, '/'), stopInfo: { requests }, from, to: from + connectMs * 1000 }
}

function outgoingOf({ points }: Report): ReportNode[] {
  return points.filter(isOutgoing)
}

function idsOf(findings: readonly TimeFinding[]): string[] {
  return findings.map(({ nodes }) => nodes.map(({ traceId }) => traceId).join(' '))
}

describe('describeOpenedConnections', () => {
  const idsIn = (report: Report, tries: readonly ReportNode[] = []): string[] =>
    idsOf(describeOpenedConnections(report, outgoingOf(report), new Set(tries)))
  const after = (to: number): Point => ({ id: 'after', from: 0, to })

  it('leaves out connections that took less than 5 ms, or less than a tenth of the trace', () => {
    expect(idsIn(reportOf(connecting('a', 5)))).toEqual(['a'])
    expect(idsIn(reportOf(connecting('a', 4.999)))).toEqual([])
    expect(idsIn(reportOf(connecting('a', 10), after(100_000)))).toEqual(['a'])
    expect(idsIn(reportOf(connecting('a', 10), after(100_001)))).toEqual([])
  })

  it('keeps connections of a smaller share if earlier connections could have been reused', () => {
    const steps = [0, 1, 2].map(index => connecting(`s${index}`, 3, index * 100_000))

    expect(idsIn(reportOf(...steps, after(1_000_000)))).toEqual(['s0 s1 s2'])
    expect(idsIn(reportOf(...steps.slice(1), after(1_000_000)))).toEqual([])
  })

  it('has one finding for each host, without the tries of retried requests', () => {
    const report = reportOf(connecting('a', 50), connecting('b', 50, 0, 'mail'), connecting('c', 50))
    const tries = report.points.filter(({ traceId }) => traceId === 'c')

    expect(idsIn(report)).toEqual(['a c', 'b'])
    expect(idsIn(report, tries)).toEqual(['a', 'b'])
    expect(idsIn(report, report.points)).toEqual([])
  })

  it('returns nothing for an empty trace', () => {
    expect(idsIn(reportOf())).toEqual([])
  })
})

describe('createConnectingTest', () => {
  const report = reportOf(connecting('a', 10), connecting('b', 30, 0, 'mail'), connecting('c', 30))
  const reported = describeOpenedConnections(report, outgoingOf(report), new Set()).slice(0, 1)
  const pick = (ids: string): ReportNode[] => report.points.filter(({ traceId }) => ids.includes(traceId))
  const isConnecting = createConnectingTest(reported)

  it('compares the time for opening connections with half of the time of the points', () => {
    expect(isConnecting(pick('a'), 20_000)).toBe(true)
    expect(isConnecting(pick('a'), 20_001)).toBe(false)
    expect(isConnecting(pick('ac'), 80_000)).toBe(true)
  })

  it('rejects points that are not in a reported finding', () => {
    expect(idsOf(reported)).toEqual(['a c'])
    expect(isConnecting(pick('b'), 1)).toBe(false)
    expect(isConnecting(pick('ab'), 1)).toBe(false)
    expect(createConnectingTest([])(pick('a'), 1)).toBe(false)
  })
})

describe('describeBodies', () => {
  const received = { status_code: 200, first_byte_ms: 10, last_byte_ms: 90 }
  const report = reportOf(
    { id: 'served', ...served('/'), stopInfo: { response: { first_byte_ms: 10 } }, from: 0, to: 100_000 },
    { id: 'call', ...sent('db', 80, '/'), stopInfo: { requests: received }, from: 0, to: 90_000 },
  )
  const idsWithout = (...ids: readonly string[]): string[] => {
    const reported = new Set(report.points.filter(({ traceId }) => ids.includes(traceId)))
    return idsOf(describeBodies(report, outgoingOf(report), reported, createQuote(80)))
  }

  it('returns findings about the bodies that were received, and then about the bodies that were sent', () => {
    expect(idsWithout()).toEqual(['call', 'served'])
  })

  it('leaves out points that already have a finding', () => {
    expect(idsWithout('call')).toEqual(['served'])
    expect(idsWithout('served')).toEqual(['call'])
    expect(idsWithout('call', 'served')).toEqual([])
  })

  it('returns nothing for an empty trace', () => {
    expect(describeBodies(reportOf(), [], new Set(), createQuote(80))).toEqual([])
  })
})
