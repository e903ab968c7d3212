import { get, run, setNotifier } from '@osprofiler/core'
import { createRequestTracer, servedRequest } from '@osprofiler/core/http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createExchange, signedHeaders } from './fixtures/fake-exchange.js'

beforeEach(() => setNotifier(() => {}))
afterEach(() => setNotifier(undefined))

describe('a request tracer', () => {
  it('serves a signed request in its trace, and returns the result of the handler', () => {
    const tracer = createRequestTracer('KEY')
    const [req, res] = createExchange({ ...signedHeaders('KEY', 'trace') })

    const served = tracer.serve(req, res, request => [get()?.baseId, request === servedRequest(req)])

    expect(served).toEqual(['trace', true])
    expect(tracer.stats.traced).toBe(1)
  })

  it('serves other requests untraced, even in the context of another trace', () => {
    const tracer = createRequestTracer('KEY')
    const exchanges = [createExchange({}), createExchange({ ...signedHeaders('OTHER') })]

    const profilers = run({ hmacKey: 'KEY' }, () =>
      exchanges.map(([req, res]) => tracer.serve(req, res, request => [request, get()])),
    )

    expect(profilers).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ])
    expect(tracer.stats.refused['unknown-key']).toBe(1)
  })

  it('opens one point for a request that is served twice', () => {
    const [outer, inner] = [createRequestTracer('KEY'), createRequestTracer('KEY')]
    const [req, res] = createExchange({ ...signedHeaders('KEY') })

    const same = outer.serve(req, res, one => inner.serve(req, res, other => one !== undefined && one === other))

    expect(same).toBe(true)
    expect(inner.stats.traced).toBe(0)
  })

  it('throws the error of the handler', () => {
    const [req, res] = createExchange({ ...signedHeaders('KEY') })

    const serve = () =>
      createRequestTracer('KEY').serve(req, res, () => {
        throw new Error('no')
      })

    expect(serve).toThrow('no')
  })
})
