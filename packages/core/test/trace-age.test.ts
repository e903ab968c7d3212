import { createTraceId } from '@osprofiler/core'
import { createRequestTracer, type HttpOptions } from '@osprofiler/core/http'
import { v1, v4, v6, v7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dropRecords } from './fixtures/drop-records.js'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'

const NOW = Date.parse('2026-03-01T12:00:00.500Z')
const HOUR_MS = 3_600_000

dropRecords()
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Returns whether a request with this trace id is traced. Expects a refused request to be counted as too old. */
function isTraced(baseId: string, options?: HttpOptions): boolean {
  const tracer = createRequestTracer('KEY', options)
  const traced = serveFake(tracer, signedHeaders('KEY', baseId))
  expect(tracer.stats.refused['too-old']).toBe(traced ? 0 : 1)
  return traced
}

function dated(ageMs: number): string {
  return v7({ msecs: NOW - ageMs })
}

describe('maxTraceAge', () => {
  it.each([
    [0, true],
    [HOUR_MS, true],
    [HOUR_MS + 1, false],
    [24 * HOUR_MS, false],
    [-60_000, true],
    [-60_001, false],
    [-24 * HOUR_MS, false],
  ])(
    'by default accepts traces that are at most an hour old or a minute ahead of the clock: %i ms old, accepted: %s',
    (ageMs, expected) => {
      expect(isTraced(dated(ageMs))).toBe(expected)
    },
  )

  it.each([
    [1.5, 1_500, true],
    [1.5, 1_501, false],
    [0, 0, true],
    [0, 1, false],
    [Number.POSITIVE_INFINITY, NOW, true],
  ])('is in seconds: with %d, a trace that is %i ms old is accepted: %s', (maxTraceAge, ageMs, expected) => {
    expect(isTraced(dated(ageMs), { maxTraceAge })).toBe(expected)
  })

  it('makes a captured pair of headers expire', () => {
    const tracer = createRequestTracer('KEY')
    const captured = signedHeaders('KEY', dated(0))
    expect(serveFake(tracer, captured)).toBe(true)

    vi.setSystemTime(NOW + HOUR_MS + 1)

    expect(serveFake(tracer, captured)).toBe(false)
    expect(tracer.stats.refused['too-old']).toBe(1)
  })

  it('applies to every id that contains a dated UUID in any notation', () => {
    const old = dated(HOUR_MS + 1)

    const written = [
      ...['', 'req-', 'urn:uuid:', 'trace=', 'x', 'cafe', 'cafe-', '0', `${v4()}-`, 'å', '('].map(
        prefix => prefix + old,
      ),
      ...[`{${old}}`, `(${old})`, `"${old}"`, `req-{${old}}`, `${old}-retry`, `${old} `, `${old}/1`, `${old}.${v4()}`],
    ]
    const plain = old.replaceAll('-', '')
    const dashless = [plain, `req-${plain}`, `{${plain}}`, `urn:uuid:${plain}`, `req_${plain}`]
    const all = [...written, ...dashless].flatMap(id => [id, id.toUpperCase()])

    expect(all.filter(id => isTraced(id))).toEqual([])
  })

  it('accepts the ids of createTraceId()', () => {
    expect(isTraced(createTraceId(), { datedTracesOnly: true })).toBe(true)
  })

  it.each([-1, Number.NaN, '60'])('refuses %j with a TypeError', maxTraceAge => {
    expect(() => createRequestTracer('KEY', { maxTraceAge: maxTraceAge as number })).toThrow(TypeError)
  })
})

describe('datedTracesOnly', () => {
  const undated = {
    'version 4': v4(),
    'version 1, whose date is ignored': v1({ msecs: NOW - 24 * HOUR_MS }),
    'version 6': v6({ msecs: NOW - 24 * HOUR_MS }),
    'all zeros': '00000000-0000-0000-0000-000000000000',
    'a UUID of another variant': dated(0).replace(/^(.{19})./, '$10'),
    'an id that is not a UUID': 'trace-1',
    'an id that is not ASCII': 'след',
    'a version 7 with a missing digit': dated(0).slice(0, -1),
    'a version 7 with an extra digit': `${dated(0)}0`,
    'a version 7 within a longer number': `${dated(0).replaceAll('-', '')}00`,
  }

  it.each(Object.entries(undated))(
    'refuses an id without a date, which is accepted by default: %s',
    (_what, baseId) => {
      expect(isTraced(baseId)).toBe(true)
      expect(isTraced(baseId, { datedTracesOnly: true })).toBe(false)
    },
  )

  it('does not affect dated ids, which maxTraceAge limits', () => {
    expect(isTraced(dated(HOUR_MS), { datedTracesOnly: true })).toBe(true)
    expect(isTraced(dated(HOUR_MS + 1), { datedTracesOnly: true })).toBe(false)
  })
})
