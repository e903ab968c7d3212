import type { TraceRecord } from '@osprofiler/core'
import { buildReport, type Report } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import type { SentRequest } from '../src/request/send-request.js'
import { describeConnecting, describeOwnWait } from '../src/run/describe-own-wait.js'

function sent(durationMs: number, more: Partial<SentRequest> = {}): SentRequest {
  return {
    ...{ baseId: 'base', durationMs, connectTimes: undefined, answers: 1, status: 200, failure: undefined },
    ...{ mayHaveArrived: true, clockAheadMs: undefined, unfollowedRedirect: undefined },
    ...{ untracedReason: undefined, verdict: undefined },
    ...more,
  }
}

/**
 * Returns a report with one served request for each duration in milliseconds. A request with the duration `undefined`
 * never stops.
 */
function servedFor(...durations: readonly (number | undefined)[]): Report {
  return buildReport(
    durations.flatMap((ms, index): TraceRecord[] => {
      const common = { base_id: 'base', parent_id: 'base', trace_id: `${index}`, info: {}, project: '', service: 'api' }
      const start = { ...common, name: 'wsgi-start', timestamp: '2026-11-22T11:00:00.000000' }
      if (ms === undefined) return [start]
      const timestamp = `2026-11-22T11:00:00.${String(ms).padStart(3, '0')}000`
      return [start, { ...common, name: 'wsgi-stop', timestamp }]
    }),
  )
}

describe("the remark about the command's own wait", () => {
  it('shows the part of the wait that is not in the records of any service', () => {
    const [line] = describeOwnWait(sent(341), servedFor(10))

    expect(line).toBe(
      "The command waited 341 ms for the answer, and the trace has 10.0 ms: 331 ms are outside the services' records. Perhaps the request waited in the network, in a proxy, or in the service before its middleware ran (a busy event loop).",
    )
  })

  it('adds up the times of a redirected request and of the request to its target', () => {
    expect(describeOwnWait(sent(300), servedFor(100, 150))).toEqual([])
    expect(describeOwnWait(sent(350), servedFor(100, 150))).toHaveLength(1)
  })

  it.each([
    ['the difference is below 50 ms', sent(59), servedFor(10)],
    ['the difference is below a fifth of the time', sent(900), servedFor(721)],
    ['the request took longer in the trace than for the command', sent(10), servedFor(500)],
    ['the point of the request has no stop record', sent(900), servedFor(undefined)],
    ['the answer broke off', sent(900, { failure: 'ECONNRESET' }), servedFor(10)],
    ['the trace has no request', sent(900), servedFor()],
  ])('is left out if %s', (_, request, report) => {
    expect(describeOwnWait(request, report)).toEqual([])
  })
})

describe('the time for starting the profiler of --why', () => {
  it("does not count as time outside the services' records", () => {
    const { start } = servedFor(10).points[0] ?? {}
    const why = { version: 1, level: 'cpu', wallMs: 10, causes: [], costs: { startMs: 300 } }
    const account = { ...start, name: 'why-start', trace_id: 'why', parent_id: '0', info: { why } } as TraceRecord
    const records = servedFor(10).points.flatMap(({ start, stop }) => [start, stop]) as TraceRecord[]

    expect(describeOwnWait(sent(341), buildReport([...records, account]))).toEqual([])
  })
})

describe('the remark about opening the connection', () => {
  it('shows the times for DNS, TCP and TLS if opening took long', () => {
    const connectTimes = { dns: 120, tcp: 20.5, tls: 60 }

    expect(describeConnecting(sent(10, { connectTimes }))).toEqual([
      'Before that, opening the connection took 201 ms: DNS 120 ms, TCP 20.5 ms, TLS 60.0 ms.',
    ])
    expect(
      describeConnecting(sent(10, { connectTimes: { ...connectTimes, dns: undefined, tls: undefined, tcp: 90 } })),
    ).toEqual(['Before that, opening the connection took 90.0 ms: TCP 90.0 ms.'])
  })

  it('is left out if opening was quick, or if the connection was already open', () => {
    expect(describeConnecting(sent(10, { connectTimes: { dns: 1, tcp: 2, tls: 3 } }))).toEqual([])
    expect(describeConnecting(sent(10))).toEqual([])
  })
})
