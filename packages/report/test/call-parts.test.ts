import { buildReport } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { findServiceCalls, type ServiceCall } from '../src/analysis/calls/service-calls.js'
import { withoutOtherParts } from '../src/why/call-parts.js'
import { findCauseTimes } from '../src/why/cause-times.js'
import { createOwnCauses } from '../src/why/own-causes.js'
import { account, HELD, READ_FILE, type RecordedCause, type TestStretch, why } from './make-account.js'
import { makeTrace, type Point, sent, served } from './make-trace.js'

/** A call of 100 ms. Its callee runs from 30 to 80 ms. */
const request: Point = { id: 'request', service: 'web', ...served('/'), from: 0, to: 100_000 }
const caller: Point = { id: 'caller', parent: 'request', service: 'web', ...sent('db', 80, '/'), from: 0, to: 100_000 }
const callee: Point = { id: 'callee', parent: 'caller', service: 'db', ...served('/'), from: 30_000, to: 80_000 }

interface Told {
  /** How long the callee's recorder started, in milliseconds. */
  readonly startMs?: number
  readonly causes?: readonly RecordedCause[]
  /** When the caller's causes took place, in milliseconds. */
  readonly timeline?: readonly TestStretch[]
  /** Kinds of the causes that have findings. Default: all. */
  readonly found?: readonly string[]
  readonly callee?: Partial<Point>
}

/** Returns the call before and after other parts were subtracted. */
function reduce({ startMs = 0, causes = [], timeline = [], found, ...more }: Told): [ServiceCall, ServiceCall] {
  const called: Point = { ...callee, ...more.callee }
  const ofCallee = why([READ_FILE], [[30, 80, 0]], { costs: { startMs } })
  const records = [...account(request, why(causes, timeline)), ...account(called, ofCallee)]
  const report = buildReport([...makeTrace(request, caller, called), ...records])
  const own = createOwnCauses(report)
  const [call] = findServiceCalls(report)
  if (call === undefined) throw new Error('The report has no call')
  const times = findCauseTimes(report, own, 0).filter(({ cause }) => found?.includes(cause.kind) ?? true)
  return [call, withoutOtherParts(call, own, times)]
}

/** Returns the times of a reduced call in milliseconds. */
function listTimes([, { beforeUs, afterUs, betweenUs, intervals }]: [ServiceCall, ServiceCall]): unknown[] {
  const times = [beforeUs, afterUs, betweenUs].map(us => us / 1000)
  return [...times, intervals.map(({ startUs, endUs }) => [startUs / 1000, endUs / 1000])]
}

describe('withoutOtherParts', () => {
  it('returns the same call if no part has another explanation', () => {
    const [call, reduced] = reduce({})

    expect(reduced).toBe(call)
    expect(call).toMatchObject({ beforeUs: 30_000, afterUs: 20_000, betweenUs: 50_000 })
  })

  it("subtracts the start of the callee's recorder from the time before the callee", () => {
    expect(listTimes(reduce({ startMs: 12 }))).toEqual([
      18,
      20,
      38,
      [
        [0, 18],
        [80, 100],
      ],
    ])
  })

  it('subtracts no more than the time before the callee if the recorder took longer to start', () => {
    expect(listTimes(reduce({ startMs: 500 }))).toEqual([0, 20, 20, [[80, 100]]])
  })

  it('subtracts the causes that have findings about the caller from both sides of the call', () => {
    const timeline: TestStretch[] = [
      [5, 10, 0],
      [20, 25, 1],
      [75, 90, 0],
    ]

    const call = reduce({ causes: [HELD, READ_FILE], timeline, found: ['held'] })

    expect(listTimes(call)).toEqual([
      25,
      10,
      35,
      [
        [0, 5],
        [10, 30],
        [90, 100],
      ],
    ])
  })

  it('keeps causes without findings', () => {
    const [call, reduced] = reduce({ causes: [HELD], timeline: [[0, 30, 0]], found: ['cpu'] })

    expect(reduced).toBe(call)
  })

  it('keeps causes that explain nothing about a call, such as a wait for the network', () => {
    const [call, reduced] = reduce({ causes: [{ kind: 'wait', what: 'network' }], timeline: [[0, 100, 0]] })

    expect(reduced).toBe(call)
  })

  it('subtracts a moment with two explanations only once', () => {
    expect(listTimes(reduce({ startMs: 10, causes: [HELD], timeline: [[15, 25, 0]] }))).toEqual([
      15,
      20,
      35,
      [
        [0, 15],
        [80, 100],
      ],
    ])
  })

  it('leaves no time if everything has another explanation', () => {
    expect(listTimes(reduce({ causes: [HELD], timeline: [[0, 100, 0]] }))).toEqual([0, 0, 0, []])
  })

  it("subtracts nothing before a callee that started before the call, because the hosts' clocks differ", () => {
    const [call, reduced] = reduce({ startMs: 10, callee: { from: -5000, to: 80_000 } })

    expect(call).toMatchObject({ beforeUs: -5000, afterUs: 20_000, betweenUs: 15_000 })
    expect(reduced).toEqual({ ...call, intervals: [{ startUs: 85_000, endUs: 105_000 }] })
  })
})
