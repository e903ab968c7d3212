import { createTraceId, get, run } from '@osprofiler/core'
import { createRunTraced, injectTrace, runTraced } from '@osprofiler/rpc'
import { describe, expect, it } from 'vitest'
import { collectRecords } from './collect-records.js'

collectRecords()

function traceInfo(members: object = {}): Record<string, unknown> {
  const baseId = createTraceId()
  return { hmac_key: 'KEY', base_id: baseId, parent_id: 'the-caller', ...members }
}

describe('the context of an oslo.messaging call', () => {
  it.each(['trace_info', '_context_trace_info'])('continues the trace that Python has written to %s', name => {
    const info = traceInfo()

    const profiler = runTraced({ [name]: info, user_id: 'alice' }, 'NEW,KEY', get)

    expect(profiler?.baseId).toBe(info.base_id)
    expect(profiler?.parentId).toBe('the-caller')
  })

  it('continues the trace if it contains the two signed trace headers', () => {
    const context = run({ hmacKey: 'KEY' }, () => injectTrace({ user_id: 'alice' }))
    const message = Object.fromEntries(Object.entries(context).map(([name, value]) => [`_context_${name}`, value]))

    expect(runTraced({ method: 'create', args: {}, ...message }, 'KEY', get)).toBeDefined()
  })

  it('provides the key that signs further requests', () => {
    const sent = runTraced({ trace_info: traceInfo() }, 'NEW,KEY', () => injectTrace({}))

    expect(runTraced(sent, 'KEY', get)).toBeDefined()
  })

  it('uses the base id as the parent if no parent is named', () => {
    const info = traceInfo({ parent_id: null })

    expect(runTraced({ trace_info: info }, 'KEY', get)?.parentId).toBe(info.base_id)
  })

  it.each<[string, unknown]>([
    ['an unknown key', traceInfo({ hmac_key: 'OTHER' })],
    ['an empty key', traceInfo({ hmac_key: '' })],
    ['a list of keys', traceInfo({ hmac_key: ['KEY'] })],
    ['all keys in one string', traceInfo({ hmac_key: 'NEW,KEY' })],
    ['a key of megabytes', traceInfo({ hmac_key: 'K'.repeat(5_000_000) })],
    ['a key with a lone surrogate', traceInfo({ hmac_key: 'KEY\ud800' })],
    ['no base id', traceInfo({ base_id: undefined })],
    ['an empty base id', traceInfo({ base_id: '' })],
    ['a base id that is too long', traceInfo({ base_id: 'x'.repeat(256) })],
    ['a parent that is a number', traceInfo({ parent_id: 7 })],
    ['a member that profiler.init() does not take', traceInfo({ info: 'x' })],
    ['a string', 'KEY'],
    ['a list', ['KEY']],
  ])('is refused with %s', (_, info) => {
    const serve = createRunTraced('NEW,KEY')

    expect(serve({ trace_info: info }, get)).toBeUndefined()
    expect(Object.values(serve.stats.refused).reduce((sum, count) => sum + count)).toBe(1)
  })

  it('is refused if its trace is too old', () => {
    const old = '01000000-0000-7000-8000-000000000000'

    expect(runTraced({ trace_info: traceInfo({ base_id: old }) }, 'KEY', get)).toBeUndefined()
  })

  it.each([undefined, null])('continues no trace, and is not counted as refused, if its trace member is %s', info => {
    const serve = createRunTraced('KEY')

    expect(serve({ _context_trace_info: info }, get)).toBeUndefined()
    expect(Object.values(serve.stats.refused).reduce((sum, count) => sum + count)).toBe(0)
  })

  it('is ignored if the message also contains the two trace headers', () => {
    const context = run({ hmacKey: 'KEY' }, () => injectTrace({}))

    expect(runTraced({ ...context, trace_info: traceInfo({ hmac_key: 'OTHER' }) }, 'KEY', get)).toBeDefined()
    expect(
      runTraced({ ...context, 'X-Trace-HMAC': '0'.repeat(40), trace_info: traceInfo() }, 'KEY', get),
    ).toBeUndefined()
  })
})
