import { get, run, signedUnpack, start, withTrace } from '@osprofiler/core'
import { injectTrace } from '@osprofiler/rpc'
import { describe, expect, it } from 'vitest'
import { collectRecords } from './collect-records.js'

const NONE: Record<string, string> = {}
const TRACE = { hmacKey: 'KEY', baseId: '0b1e55ed-0000-4000-8000-000000000000' }

collectRecords()

describe('injectTrace', () => {
  it.each<[string, () => object, (carrier: never, name: string) => unknown]>([
    ['an object', () => ({}), (carrier: Record<string, string>, name) => carrier[name]],
    [
      'an object without a prototype',
      () => Object.create(null),
      (carrier: Record<string, string>, name) => carrier[name],
    ],
    ['a Map', () => new Map(), (carrier: Map<string, string>, name) => carrier.get(name)],
    ['Headers', () => new Headers(), (carrier: Headers, name) => carrier.get(name)],
  ])('adds the two trace headers of the current point to %s, and returns that object', (_, create, read) => {
    const carrier = create()

    run(TRACE, () => withTrace('send', () => expect(injectTrace(carrier)).toBe(carrier)))

    const [info, hmac] = ['X-Trace-Info', 'X-Trace-HMAC'].map(name => String(read(carrier as never, name)))
    expect(signedUnpack(info, hmac, 'KEY')).toMatchObject({ baseId: TRACE.baseId })
    expect(signedUnpack(info, hmac, 'KEY')?.parentId).not.toBe(TRACE.baseId)
  })

  it('creates an object if no context is passed', () => {
    expect(run(TRACE, () => Object.keys(injectTrace()))).toEqual(['X-Trace-Info', 'X-Trace-HMAC'])
    expect(injectTrace()).toEqual({})
  })

  it('injects the headers of the point that `options.point` names', () => {
    const { traceId, headers } = run(TRACE, () => {
      const point = start('send')
      return { traceId: point.traceId, headers: withTrace('inside', () => injectTrace({ ...NONE }, { point })) }
    })

    expect(signedUnpack(headers['X-Trace-Info'], headers['X-Trace-HMAC'], 'KEY')?.parentId).toBe(traceId)
  })

  it('leaves the context unchanged outside a trace', () => {
    const context = { 'X-Trace-Info': 'theirs', trace_info: { hmac_key: 'theirs' } }

    injectTrace(context, { compatible: true, hmacKeys: 'KEY' })

    expect(context).toEqual({ 'X-Trace-Info': 'theirs', trace_info: { hmac_key: 'theirs' } })
  })

  it('replaces the trace of a forwarded message, with header names in canonical case and in lowercase', () => {
    const headers = { 'x-trace-info': 'old', 'X-Trace-HMAC': 'old', other: 'kept' }
    const map = new Map(Object.entries(headers))

    run(TRACE, () => [injectTrace(headers), injectTrace(map)])

    expect(Object.keys(headers).sort()).toEqual(['X-Trace-HMAC', 'X-Trace-Info', 'other'])
    expect([...map.keys()].sort()).toEqual(['X-Trace-HMAC', 'X-Trace-Info', 'other'])
    expect(headers['X-Trace-HMAC']).not.toBe('old')
  })

  it.each([
    ['a frozen object', Object.freeze({})],
    ['an object whose setter throws', { get: () => undefined, set: () => fail() }],
    [
      'a proxy that refuses everything',
      new Proxy({}, { set: () => fail(), deleteProperty: () => fail(), get: () => fail() }),
    ],
    ['a revoked proxy', Proxy.revocable({}, {}).proxy],
  ])('does not throw for %s', (_, carrier) => {
    expect(() => run(TRACE, () => injectTrace(carrier, { compatible: true, hmacKeys: 'KEY' }))).not.toThrow()
  })

  describe('injectTrace, for a Python service,', () => {
    it('sends no key without `compatible`', () => {
      const context = run(TRACE, () => injectTrace({ user: 'alice' }))

      expect(Object.keys(context)).toEqual(['user', 'X-Trace-Info', 'X-Trace-HMAC'])
      expect(JSON.stringify(context)).not.toContain('KEY')
    })

    it('with `compatible`, adds the trace headers and the arguments of profiler.init()', () => {
      const context: Record<string, unknown> = {}

      const point = run(TRACE, () => withTrace('call', () => sendCompatible(context, 'OTHER,KEY')))

      expect(context.trace_info).toEqual({ hmac_key: 'KEY', base_id: TRACE.baseId, parent_id: point })
      expect(context).toHaveProperty('X-Trace-Info')
    })

    it('sends only keys that `hmacKeys` allows', () => {
      const context: Record<string, unknown> = {}

      run(TRACE, () => sendCompatible(context, 'OTHER'))

      expect(Object.keys(context)).toEqual(['X-Trace-Info', 'X-Trace-HMAC'])
    })

    it('removes a plain-text key that the context already contains', () => {
      const context = { trace_info: { hmac_key: 'KEY' }, _context_trace_info: { hmac_key: 'KEY' } }

      run(TRACE, () => injectTrace(context))

      expect(Object.keys(context)).toEqual(['X-Trace-Info', 'X-Trace-HMAC'])
    })
  })
})

function sendCompatible(context: Record<string, unknown>, hmacKeys: string): string | undefined {
  injectTrace(context, { compatible: true, hmacKeys })
  return get()?.traceId
}

function fail(): never {
  throw new Error('No')
}
