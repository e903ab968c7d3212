import { describe, expect, it } from 'vitest'
import { type AccountWords, describeAccounts, describeMissingAccounts } from '../src/why/describe-accounts.js'
import { reportOf } from './find.js'
import { TIMER, why } from './make-account.js'
import { explain } from './make-cause.js'
import { type Point, served } from './make-trace.js'

const request: Point = { id: 'request', service: 'orders', ...served('/'), from: 0, to: 390_000 }

function describeOne(info: unknown, service = 'orders'): AccountWords | undefined {
  return describeAccounts(explain({ ...request, service }, info))[0]
}

/** Describes an account with `count` causes. The nth cause took n ms. */
function describeCauses(count: number, more: Record<string, unknown> = {}): AccountWords | undefined {
  const causes = Array.from({ length: count }, (_, index) => ({ kind: 'sync', what: `${index + 1}`, ms: index + 1 }))
  return describeOne(why(causes, [], { wallMs: 390, ...more }))
}

function describeRequest(points: unknown, info?: unknown): string[] {
  const counted = { ...request, stopInfo: { ...request.stopInfo, points } }
  return describeMissingAccounts(info === undefined ? reportOf(counted) : explain(counted, info))
}

describe('describeAccounts', () => {
  it.each([
    ['orders', 'orders'],
    ['', 'a service'],
    ['x'.repeat(80), 'x'.repeat(80)],
    ['x'.repeat(81), `${'x'.repeat(77)}...`],
  ])('names the service %o in the title as %o', (service, name) => {
    expect(describeOne(why([TIMER], [[0, 390, 0]]), service)?.title).toBe(`Why: 390 ms of ${name} (level cpu)`)
  })

  it('lists up to ten causes one by one', () => {
    const words = describeCauses(10)?.causes

    expect(words).toHaveLength(10)
    expect([words?.at(0), words?.at(-1)]).toEqual([
      { us: 10_000, words: 'synchronous 10' },
      { us: 1000, words: 'synchronous 1' },
    ])
  })

  it.each<[number, Record<string, unknown>, unknown]>([
    [11, {}, { us: 1000, words: '1 other cause' }],
    [12, { rest: { ms: 0.5, causes: 1234 } }, { us: 3500, words: '1,236 other causes' }],
    [1, { rest: { ms: 2, causes: 1 } }, { us: 2000, words: '1 other cause' }],
  ])('adds up the other causes after ten of %d, with %o', (count, more, last) => {
    expect(describeCauses(count, more)?.causes.at(-1)).toEqual(last)
  })

  it('lists nothing if an account has no causes', () => {
    expect(describeCauses(0)).toEqual({ title: 'Why: 390 ms of orders (level cpu)', causes: [], notes: [] })
  })

  it.each([
    ['setting', ': OSPROFILER_WHY or setup({ why }) allows no more'],
    ['heap', ': its heap is so large that the profiler would stop the process for too long'],
    ['interval', ': the profiler had run in the last ten seconds'],
    ['permission', ": Node's permission model does not allow the profiler"],
    ['__proto__', ': __proto__'],
    [undefined, ''],
  ])('gives the reason %o for a lower level than requested', (because, reason) => {
    const words = describeOne(why([TIMER], [[0, 390, 0]], { level: 'waits', asked: 'cpu', because }))

    expect(words?.notes).toEqual([`orders was asked for cpu, but recorded only waits${reason}`])
  })

  it('gives no reason for a level that is as high as requested', () => {
    expect(describeOne(why([TIMER], [[0, 390, 0]], { asked: 'cpu', because: 'heap' }))?.notes).toEqual([])
  })

  it.each<[string, number, unknown[]]>([
    ['only the time after its end', 0, []],
    ['the time of other causes too', 500, [{ us: 500_000, words: '3 other causes' }]],
  ])('says how much time passed after a recording was cut, if the rest contains %s', (_, otherMs, others) => {
    const timerMs = 10_000 - otherMs
    const more = {
      ...{ cut: true, wallMs: 12_000, kinds: { wait: timerMs, cpu: otherMs } },
      rest: { ms: 2000 + otherMs, causes: otherMs === 0 ? 0 : 3 },
    }

    const described = describeOne(why([TIMER], [[0, timerMs, 0]], more))

    expect(described?.notes).toEqual(['The recording was cut after ten seconds: 2.00 s have no cause'])
    expect(described?.causes.slice(1)).toEqual(others)
  })

  it('does not report a negative time if the causes of a cut recording take longer than the request', () => {
    const described = describeOne(why([TIMER], [[0, 390, 0]], { cut: true, wallMs: 300 }))

    expect(described?.notes).toEqual(['The recording was cut after ten seconds: 0 µs have no cause'])
  })
})

describe('describeMissingAccounts', () => {
  it.each([
    ['busy', 'was busy with another request'],
    ['again', 'had already made an account of this trace'],
    ['off', 'makes no accounts: OSPROFILER_WHY=off'],
    ['runtime', 'runs on a runtime that cannot observe a single request'],
    ['constructor', 'refused: constructor'],
  ])('gives the reason %o of a service that made no account', (refused, reason) => {
    expect(describeRequest({}, { version: 1, refused })).toEqual([`orders was asked why and ${reason}`])
  })

  it('names a service that announced an account which is not in the trace', () => {
    expect(describeRequest({ recorded: 1, pending: 1 })).toEqual(['orders was asked why, but its account is not here'])
  })

  it.each<[string, unknown, unknown]>([
    ['announced none', { recorded: 1 }, undefined],
    ['announced none, according to a count that is not a number', { recorded: 1, pending: 'many' }, undefined],
    ['made its account', { recorded: 1, pending: 1 }, why([TIMER], [[0, 390, 0]])],
  ])('names no service that %s', (_, points, info) => {
    expect(describeRequest(points, info)).toEqual([])
  })
})
