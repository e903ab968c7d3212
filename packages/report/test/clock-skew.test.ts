import { buildReport, type CorrectedReport, correctSkew, type ReportNode, summarize } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { call, request } from './make-clocks.js'
import { makeTrace, type Point, sent, served, timestamp } from './make-trace.js'

function correct(...points: readonly Point[]): CorrectedReport {
  return correctSkew(buildReport(makeTrace(...points)))
}

function timesOf({ points }: { readonly points: readonly ReportNode[] }, id: string): (number | undefined)[] {
  const node = points.find(({ traceId }) => traceId === id)
  return [node?.startedUs, node?.finishedUs]
}

describe('the correction of clock skew', () => {
  it('uses the middle of the range of offsets that a call allows, and reports the error bound', () => {
    const report = correct(...request(...call('a', 20_000, 60_000, 500_000, ['web', 'db'])))

    expect(report.clocks).toEqual([
      { host: 'web', offsetUs: 0, boundUs: 0, contradictory: false },
      { host: 'db', offsetUs: -500_000, boundUs: 2000, contradictory: false },
    ])
    expect(timesOf(report, 'a-callee')).toEqual([12_000, 48_000])
    expect(report.durationUs).toBe(200_000)
  })

  it('corrects a clock that is behind, which makes the callee seem to start before its caller', () => {
    const report = correct(...request(...call('a', 20_000, 60_000, -15_000, ['web', 'db'])))

    expect(report.clocks[1]).toMatchObject({ offsetUs: 15_000, boundUs: 2000 })
    expect(timesOf(report, 'root')).toEqual([0, 200_000])
    expect(timesOf(report, 'a-callee')).toEqual([12_000, 48_000])
    expect(report.startedAt).toBe(timestamp(10_000))
  })

  it('ignores the end of a call whose response was never read', () => {
    const [unread, callee] = call('a', 20_000, 60_000, 0, ['web', 'db'])
    const read = call('b', 70_000, 110_000, 0, ['web', 'db'])
    const info = { requests: { status_code: 200, unread: true } }

    const report = correct(
      ...request({ ...unread, to: 30_000, stopInfo: info } as Point, { ...callee, from: 22_000 } as Point, ...read),
    )

    expect(report.clocks[1]).toMatchObject({ offsetUs: 0, contradictory: false })
  })

  it('combines the limits that all calls set for the offset', () => {
    const off = 1_000_000
    const report = correct(
      ...request(
        ...call('a', 20_000, 60_000, off, ['web', 'db']),
        // The request takes only 100 µs, so the offset is at least -off - 100 µs.
        { id: 'b', parent: 'root', host: 'web', ...sent('db', 80, '/'), from: 70_000, to: 90_000 },
        { id: 'c', parent: 'b', host: 'db', ...served('/'), from: 70_100 + off, to: 80_000 + off },
        // The response takes only 300 µs, so the offset is at most -off + 300 µs.
        { id: 'd', parent: 'root', host: 'web', ...sent('db', 80, '/'), from: 100_000, to: 120_000 },
        { id: 'e', parent: 'd', host: 'db', ...served('/'), from: 110_000 + off, to: 119_700 + off },
      ),
    )

    expect(report.clocks[1]).toMatchObject({ offsetUs: -999_900, boundUs: 200 })
  })

  it('adds up offsets from host to host', () => {
    const report = correct(
      ...request(
        ...call('a', 20_000, 100_000, 3_000_000, ['web', 'orders']),
        ...call('b', 3_030_000, 3_080_000, -1_000_000, ['orders', 'db']).map(point =>
          point.id === 'b' ? { ...point, parent: 'a-callee' } : point,
        ),
      ),
    )

    expect(report.clocks.map(({ host, offsetUs, boundUs }) => [host, offsetUs, boundUs])).toEqual([
      ['web', 0, 0],
      ['orders', -3_000_000, 2000],
      ['db', -2_000_000, 4000],
    ])
    expect(timesOf(report, 'b-callee')).toEqual([22_000, 68_000])
  })

  it('assumes that clocks agree if the calls allow this', () => {
    const points = request(...call('a', 20_000, 60_000, 1900, ['web', 'db']))

    expect(correct(...points).clocks[1]).toMatchObject({ offsetUs: 0, boundUs: 3900 })
  })

  it('does not change clocks if a response ends after its call', () => {
    const stream = (to: number): Point[] =>
      request(
        { id: 'a', parent: 'root', host: 'web', ...sent('db', 80, '/'), from: 20_000, to: 30_000 },
        { id: 'b', parent: 'a', host: 'db', ...served('/'), from: 22_000, to },
      )

    expect(correct(...stream(150_000)).clocks[1]).toMatchObject({ offsetUs: 0, boundUs: undefined })
    expect(correct(...stream(30_400)).clocks[1]).toMatchObject({ offsetUs: 0 })
  })

  it('does not change clocks because of work for which the caller did not wait', () => {
    const report = correct(
      ...request({ id: 'job', parent: 'root', host: 'worker', name: 'job', from: 150_000, to: 900_000 }),
    )

    expect(report.clocks[1]).toEqual({ host: 'worker', offsetUs: 0, boundUs: undefined, contradictory: false })
  })

  it('makes the smallest possible correction if only one limit is known', () => {
    const report = correct(...request({ id: 'job', parent: 'root', host: 'worker', name: 'job', from: 0, to: 400_000 }))

    expect(report.clocks[1]).toMatchObject({ offsetUs: 10_000, boundUs: undefined })
  })

  it('does not correct clocks that were adjusted during the trace, but reports them', () => {
    const report = correct(
      { id: 'root', host: 'a', from: 1000, to: 100_000 },
      { id: 'there', parent: 'root', host: 'b', from: 0, to: 90_000 },
      { id: 'back', parent: 'there', host: 'a', from: 500, to: 600 },
      { id: 'again', parent: 'back', host: 'b', from: 5, to: 6 },
    )

    expect(report.clocks).toMatchObject([
      { host: 'a', offsetUs: 0, contradictory: true },
      { host: 'b', offsetUs: 0, contradictory: true },
    ])
  })

  it('computes shares from corrected times, unless raw times are requested', () => {
    const points = request(...call('a', 20_000, 160_000, 800_000, ['web', 'db']))
    const report = buildReport(makeTrace(...points))
    const slow = (raw: boolean) => summarize(report, { raw }).find(({ traceIds }) => traceIds[0] === 'a-callee')

    expect(slow(false)).toMatchObject({ totalUs: 136_000, share: 0.68 })
    expect(slow(true)?.share).toBeLessThan(0.2)
  })

  it('corrects clocks if a callee took a little longer than its call', () => {
    const off = 30_000_000
    const report = correct(
      { id: 'root', host: 'web', ...served('/'), from: 0, to: 727_000 },
      { id: 'call', parent: 'root', host: 'web', ...sent('db', 80, '/'), from: 1000, to: 726_000 },
      { id: 'callee', parent: 'call', host: 'db', ...served('/'), from: off + 2000, to: off + 729_000 },
    )

    expect(report.clocks[1]?.offsetUs).toBeGreaterThanOrEqual(-off - 2000)
    expect(report.clocks[1]?.offsetUs).toBeLessThanOrEqual(-off + 2000)
    expect(report.clocks[1]?.boundUs).toBeLessThan(3000)
    expect(report.durationUs).toBeLessThan(732_000)
    expect(summarize(report).map(({ sentence }) => sentence)).toContainEqual(
      expect.stringMatching(/^The clock of host db is 30\.0 s ahead of that of web .*: its times are corrected here$/),
    )
  })

  it('corrects clocks if a streamed response took longer than the call that received its beginning', () => {
    const off = 30_000_000
    const report = correct(
      { id: 'call', host: 'web', ...sent('db', 80, '/'), from: 0, to: 50_000 },
      { id: 'callee', parent: 'call', host: 'db', ...served('/'), from: off + 2000, to: off + 900_000 },
    )

    expect(timesOf(report, 'callee')).toEqual([0, 898_000])
  })

  it('does not change clocks if a service started to serve a request after its caller timed out', () => {
    const givenUp = { ...sent('db', 80, '/'), stopInfo: { etype: 'TimeoutError', message: 'timed out' } }
    const report = correct(
      { id: 'call', host: 'web', ...givenUp, from: 0, to: 500_000 },
      { id: 'callee', parent: 'call', host: 'db', ...served('/'), from: 900_000, to: 950_000 },
    )

    expect(report.clocks[1]).toMatchObject({ offsetUs: 0, contradictory: false })
  })

  it("uses a callee's error response to correct clocks", () => {
    const off = 6_000_000
    const report = correct(
      {
        id: 'call',
        host: 'web',
        ...sent('db', 80, '/'),
        from: 0,
        to: 180_000,
        stopInfo: { requests: { status_code: 503 } },
      },
      {
        id: 'callee',
        parent: 'call',
        host: 'db',
        ...served('/'),
        ...{ from: off + 2000, to: off + 178_000, stopInfo: { response: { status_code: 503 } } },
      },
    )

    expect(timesOf(report, 'callee')).toEqual([2000, 178_000])
  })

  it('uses the offset that most calls allow, and reports that other calls contradict it', () => {
    const off = 5_000_000
    const right = Array.from({ length: 6 }, (_, index) =>
      call(`a${index}`, 20_000 + index * 10_000, 28_000 + index * 10_000, off, ['web', 'db']),
    )
    const report = correct(...request(...right.flat(), ...call('b', 100_000, 110_000, 0, ['web', 'db'])))

    expect(report.clocks[1]).toMatchObject({ offsetUs: -off, contradictory: true })
    expect(summarize(report).map(({ sentence }) => sentence)).toContainEqual(
      expect.stringMatching(
        /^The clock of host db is 5\.00 s ahead .* but some of them contradict this offset: the clock was set/,
      ),
    )
  })

  it('corrects each service separately if hosts share a name', () => {
    const report = correct(
      { id: 'root', host: 'app', service: 'web', ...served('/'), from: 0, to: 700_000 },
      { id: 'call', parent: 'root', host: 'app', service: 'web', ...sent('db', 80, '/'), from: 1000, to: 699_000 },
      { id: 'callee', parent: 'call', host: 'app', service: 'db', ...served('/'), from: 9_003_000, to: 9_697_000 },
    )

    expect(report.clocks.map(({ host, service, offsetUs }) => [host, service, offsetUs])).toEqual([
      ['app', 'web', 0],
      ['app', 'db', -9_000_000],
    ])
    expect(report.durationUs).toBe(700_000)
    expect(summarize(report).map(({ sentence }) => sentence)).toContainEqual(
      expect.stringMatching(/^The clock of db on host app is 9\.00 s ahead of that of web on host app/),
    )
  })

  it('finds the true offsets of several hosts despite retries, late responses, drift and latency', () => {
    const span = fc.record({
      callee: fc.nat(2),
      there: fc.integer({ min: 0, max: 40_000 }),
      work: fc.integer({ min: 1, max: 500_000 }),
      back: fc.integer({ min: 0, max: 40_000 }),
      /** How much later the callee ends than its call. If this is 0, the call ends `back` after the callee. */
      late: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000 })),
      drift: fc.integer({ min: -2_000, max: 2_000 }),
      givenUp: fc.boolean(),
    })
    const skew = fc.oneof(fc.integer({ min: -4e9, max: 4e9 }), fc.constant(0), fc.integer({ min: -5000, max: 5000 }))
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 12 }), fc.tuple(skew, skew, skew), (spans, skews) => {
        const truths = new Map<string, number>()
        let at = 5e9
        const points = spans.flatMap(({ callee, there, work, back, late, drift, givenUp }, index): Point[] => {
          const from = at
          const isLate = late > 0
          const begun = from + there
          const ended = begun + work
          const to = isLate ? ended - Math.min(late, work) : ended + back
          at = Math.max(to, ended) + 1000
          const host = `host-${callee}`
          const off = (skews[callee] ?? 0) + drift
          const callers = [
            { id: `call-${index}`, host: 'web', ...sent(host, 80, '/'), from, to },
            // Some calls time out before they are answered, and are sent again.
            ...(givenUp
              ? [{ ...sent(host, 80, '/'), id: `lost-${index}`, host: 'web', from, to: from, stopInfo: { etype: 'E' } }]
              : []),
          ]
          truths.set(`callee-${index}`, begun)
          return [
            ...callers,
            {
              id: `callee-${index}`,
              parent: `call-${index}`,
              host,
              ...served('/'),
              from: begun + off,
              to: ended + off,
            },
          ]
        })
        const report = correct(...points)

        const zero = report.points.find(({ traceId }) => traceId === 'call-0')?.startedUs ?? 0
        expect(report.clocks.some(({ contradictory }) => contradictory)).toBe(false)
        for (const caller of report.points) {
          for (const callee of caller.children) {
            // The tolerance covers a drift of 2 ms in either direction, and responses that end up to 2 ms late.
            const toleranceUs = 10_000
            expect(callee.startedUs).toBeGreaterThanOrEqual((caller.startedUs ?? 0) - toleranceUs)
            expect(callee.finishedUs).toBeLessThanOrEqual((caller.finishedUs ?? 0) + toleranceUs)
            const error = Math.abs((callee.startedUs ?? 0) - zero - ((truths.get(callee.traceId) ?? 0) - 5e9))
            expect(error).toBeLessThanOrEqual(40_000 + toleranceUs)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('finds offsets of any size, and puts callees within their callers', () => {
    const calls = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(calls, fc.integer({ min: -1e9, max: 1e9 }), (spans, skew) => {
        const points = spans.flatMap(([there, work, back], index): Point[] => {
          const from = 2e9 + index * 10_000
          const to = from + there + work + back
          return [
            { id: `call-${index}`, host: 'web', ...sent('db', 80, '/'), from, to },
            {
              id: `callee-${index}`,
              parent: `call-${index}`,
              host: 'db',
              ...served('/'),
              from: from + there + skew,
              to: to - back + skew,
            },
          ]
        })
        const report = correct(...points)

        const db = report.clocks.find(({ host }) => host === 'db')
        const web = report.clocks.find(({ host }) => host === 'web')
        const found = (db?.offsetUs ?? 0) - (web?.offsetUs ?? 0)
        expect(Math.abs(found + skew)).toBeLessThanOrEqual((db?.boundUs ?? 0) + (web?.boundUs ?? 0))
        for (const caller of report.points) {
          for (const callee of caller.children) {
            expect(callee.startedUs).toBeGreaterThanOrEqual(caller.startedUs ?? Infinity)
            // A response may end a little later than its call without proving that the clocks differ.
            expect(callee.finishedUs).toBeLessThanOrEqual((caller.finishedUs ?? 0) + 1000)
          }
        }
        expect(Math.min(...report.points.map(({ startedUs }) => startedUs ?? 0))).toBe(0)
      }),
    )
  })
})
