import { performance } from 'node:perf_hooks'
import { configure } from '@osprofiler/core'
import { createRequestTracer, type HttpOptions, type RefusalReason } from '@osprofiler/core/http'
import { v7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dropRecords } from './fixtures/drop-records.js'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'

dropRecords()

let now: number
beforeEach(() => {
  now = Math.ceil(performance.now())
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Makes `performance.now()` return `now` for the rest of the test. */
function holdClock(): void {
  vi.spyOn(performance, 'now').mockImplementation(() => now)
}

describe('onRefused', () => {
  const good = () => ({ ...signedHeaders('KEY') })
  const unsigned = { 'x-trace-info': '!', 'x-trace-hmac': '' }
  const { 'x-trace-hmac': hmac } = signedHeaders('KEY')
  const cases: [RefusalReason, HttpOptions, () => Readonly<Record<string, string>>][] = [
    ['disabled', { enabled: false }, good],
    ['missing-header', {}, () => ({ 'x-trace-hmac': hmac })],
    ['missing-header', {}, () => unsigned],
    ['malformed-hmac', {}, () => ({ ...good(), 'x-trace-hmac': 'x' })],
    ['unknown-key', {}, () => ({ ...signedHeaders('OTHER') })],
    ['malformed-info', {}, () => ({ ...signedHeaders('KEY', 'x'.repeat(256)) })],
    ['too-old', { maxTraceAge: 1 }, () => ({ ...signedHeaders('KEY', v7({ msecs: 0 })) })],
    ['rate-limited', { maxTracesPerSecond: 0 }, good],
  ]

  it.each(cases)('receives the reason: %s', (reason, options, headers) => {
    const told: unknown[] = []
    const tracer = createRequestTracer('KEY', { ...options, onRefused: (why, req) => told.push([why, req.url]) })

    expect(serveFake(tracer, headers())).toBe(false)

    expect(told).toEqual([[reason, '/path?a=b']])
    expect(tracer.stats.refused[reason]).toBe(1)
  })

  it('receives the reason if there are no keys', () => {
    const onRefused = vi.fn()
    const restore = configure({ hmacKeys: undefined })

    expect(serveFake(createRequestTracer(undefined, { onRefused }), good())).toBe(false)

    expect(onRefused).toHaveBeenCalledExactlyOnceWith('no-keys', expect.anything())
    restore()
  })

  it('is not called for requests that are traced, unsigned or ignored', () => {
    const onRefused = vi.fn()
    serveFake(createRequestTracer('KEY', { onRefused }), good())
    serveFake(createRequestTracer('KEY', { onRefused }), {})
    serveFake(createRequestTracer('KEY', { onRefused, ignore: () => true }), good())

    expect(onRefused).not.toHaveBeenCalled()
  })

  it('is called at most ten times a second, although all refusals are counted', () => {
    holdClock()
    const onRefused = vi.fn()
    const tracer = createRequestTracer('KEY', { onRefused })
    const refuse = (times: number) => {
      for (let request = 0; request < times; request++) serveFake(tracer, signedHeaders('OTHER'))
    }

    refuse(50)
    expect(onRefused).toHaveBeenCalledTimes(10)
    now += 100
    refuse(50)
    expect(onRefused).toHaveBeenCalledTimes(11)
    now += 5_000
    refuse(50)
    expect(onRefused).toHaveBeenCalledTimes(21)
    expect(tracer.stats.refused['unknown-key']).toBe(150)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('from the callback')
      },
    ],
    ['rejects', async () => Promise.reject(new Error('from the callback'))],
  ])('does not affect the request when it %s', async (_how, onRefused) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const tracer = createRequestTracer('KEY', { onRefused })
    let served = 0

    serveFake(tracer, signedHeaders('OTHER'), () => served++)
    await new Promise(setImmediate)

    process.off('unhandledRejection', unhandled)
    expect(served).toBe(1)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('is not called if the ignore function throws, because the request is traced anyway', () => {
    const ignore = () => {
      throw new Error('from the callback')
    }

    expect(serveFake(createRequestTracer('KEY', { ignore }), good())).toBe(true)
  })
})
