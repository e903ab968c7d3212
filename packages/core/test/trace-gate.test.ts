import './fixtures/count-hmacs.js'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { createRequestTracer } from '@osprofiler/core/http'
import { describe, expect, it } from 'vitest'
import { countHmacs } from './fixtures/count-hmacs.js'
import { dropRecords } from './fixtures/drop-records.js'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'
import { heapGrowth } from './fixtures/heap-growth.js'

dropRecords()

describe('a flood of signed requests', () => {
  const KEYS = ['A', 'B', 'C']

  it('costs one HMAC computation per request and key if the signatures are wrong', () => {
    const tracer = createRequestTracer(KEYS)
    const bad = { ...signedHeaders('OTHER') }

    expect(countHmacs(() => serveFake(tracer, bad))).toBe(3)
    expect(
      countHmacs(() => {
        for (let request = 0; request < 100; request++) serveFake(tracer, bad)
      }),
    ).toBe(300)
  })

  it.each([
    '',
    ' ',
    'x',
    '0'.repeat(39),
    '0'.repeat(41),
    'A'.repeat(40),
    'g'.repeat(40),
    'é'.repeat(40),
    '0'.repeat(16_384),
  ])('costs no HMAC computation if the HMAC header is malformed: %j', hmac => {
    const tracer = createRequestTracer(KEYS)
    const { 'x-trace-info': info } = signedHeaders('A')

    expect(countHmacs(() => serveFake(tracer, { 'x-trace-info': info, 'x-trace-hmac': hmac }))).toBe(0)
  })

  it('costs no HMAC computation if a header is missing or longer than 16 KiB, or if tracing is disabled', () => {
    const headers = { ...signedHeaders('OTHER') }
    const { 'x-trace-info': info, 'x-trace-hmac': hmac } = headers

    expect(
      countHmacs(() => {
        serveFake(createRequestTracer(KEYS), { 'x-trace-info': info })
        serveFake(createRequestTracer(KEYS), { 'x-trace-hmac': hmac })
        serveFake(createRequestTracer(KEYS), { 'x-trace-info': 'A'.repeat(16 * 1024 + 4), 'x-trace-hmac': hmac })
        serveFake(createRequestTracer(KEYS, { enabled: false }), headers)
        serveFake(createRequestTracer(KEYS), {})
      }),
    ).toBe(0)
  })

  it('does not increase memory use if the signatures are wrong', { timeout: 300_000 }, async () => {
    const tracer = createRequestTracer(KEYS, { onRefused: () => {} })
    const socket = new Socket()
    let served = 0
    function flood(requests: number): void {
      for (let request = 0; request < requests; request++) {
        const req = new IncomingMessage(socket)
        // Each request has a different pair of headers, so memory use would grow if the tracer remembered pairs.
        req.headers['x-trace-info'] = `eyJiYXNlX2lkIjogIm${String(request).padStart(10, '0')}IifQ==`
        req.headers['x-trace-hmac'] = String(request).padStart(request % 10 === 0 ? 39 : 40, '0')
        tracer.serve(req, new ServerResponse(req), () => served++)
      }
    }
    flood(5_000)

    const growth = await heapGrowth(() => flood(200_000))

    expect(served).toBe(205_000)
    expect(tracer.stats).toMatchObject({ traced: 0, refused: { 'unknown-key': 184_500, 'malformed-hmac': 20_500 } })
    // The limit is five bytes per request, which is less than any remembered value would need.
    expect(growth).toBeLessThan(1_000_000)
  })

  it('increases memory use only up to a limit if the signatures are correct', { timeout: 300_000 }, async () => {
    const tracer = createRequestTracer(KEYS, { maxTracesPerSecond: 1e9 })
    const flood = (requests: number) => {
      for (let request = 0; request < requests; request++) serveFake(tracer, signedHeaders('C'))
    }
    flood(10_000)

    const growth = await heapGrowth(() => flood(20_000))

    expect(tracer.stats.tracedByKey).toEqual([0, 0, 30_000])
    expect(growth).toBeLessThan(1_000_000)
  })
})
