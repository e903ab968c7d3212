import { stringifyJson } from '@osprofiler/core/json'
import { describe, expect, it } from 'vitest'
import { decodeEvent } from '../src/ceilometer/event.js'
import { decodeNotification } from '../src/messaging/notification.js'

/** Python values as kombu 5.7 sends them, and as OSProfiler's command shows them. */
const VALUES: readonly (readonly [string, string])[] = [
  ['{"__type__": "datetime", "__value__": "2026-11-28T19:00:00.123456"}', '"2026-11-28T19:00:00.123456"'],
  ['{"__type__": "datetime", "__value__": "2026-11-28T19:00:00+00:00"}', '"2026-11-28T19:00:00+00:00"'],
  ['{"__type__": "date", "__value__": "2026-11-28"}', '"2026-11-28"'],
  ['{"__type__": "time", "__value__": "19:00:00"}', '"19:00:00"'],
  ['{"__type__": "decimal", "__value__": "12.50"}', '"12.50"'],
  ['{"__type__": "bytes", "__value__": "caf\\u00e9"}', '"café"'],
  ['{"__type__": "base64", "__value__": "/w=="}', '"/w=="'],
  [
    '{"__type__": "uuid", "__value__": {"hex": "8d28af1eacc0498c98906908e33eff60"}}',
    '"8d28af1e-acc0-498c-9890-6908e33eff60"',
  ],
  ['{"a": [{"b": {"__type__": "date", "__value__": "2026-11-28"}}]}', '{"a":[{"b":"2026-11-28"}]}'],
  ['[NaN, 9007199254740993, 1.0]', '[NaN,9007199254740993,1.0]'],
  // kombu does not send the following values. All of them stay unchanged, except the invalid UUID.
  ['{"__type__": "other", "__value__": "x"}', '{"__type__":"other","__value__":"x"}'],
  ['{"__type__": "date", "__value__": 7}', '{"__type__":"date","__value__":7}'],
  ['{"__type__": "date", "__value__": "x", "more": 1}', '{"__type__":"date","__value__":"x","more":1}'],
  ['{"__type__": "uuid", "__value__": {"hex": "x"}}', '"x"'],
  ['{"__type__": ["date"], "__value__": null}', '{"__type__":["date"],"__value__":null}'],
]

function payload(value: string): string {
  const ids = '"base_id": "trace", "parent_id": "trace", "trace_id": "point"'
  return `{"name": "rpc-start", ${ids}, "timestamp": "2026-11-28T19:00:00.000000", "info": {"value": ${value}}, "project": "p", "service": "s"}`
}

/** The formats of a message that contains a record. */
const FORMS: Readonly<Record<string, (value: string) => unknown>> = {
  'a notification of oslo.messaging 18': value =>
    decodeNotification(Buffer.from(`{"event_type": "profiler.s", "payload": ${payload(value)}}`))?.info.value,
  'a notification in an envelope': value => {
    const message = JSON.stringify(`{"payload": ${payload(value)}}`)
    return decodeNotification(Buffer.from(`{"oslo.version": "2.0", "oslo.message": ${message}}`))?.info.value
  },
}

describe.each(Object.keys(FORMS))('%s', name => {
  it.each(VALUES)('shows %s as Python does', (sent, shown) => {
    expect(stringifyJson(FORMS[name]?.(sent))).toBe(shown)
  })

  it('keeps a member "__proto__", and values at any depth of nesting', () => {
    const date = '{"__type__": "date", "__value__": "2026-11-28"}'
    const deep = `${'['.repeat(100_000)}${date}${']'.repeat(100_000)}`

    const kept = FORMS[name]?.(`{"__proto__": ${date}, "deep": ${deep}}`) as Record<string, unknown>

    expect(Object.getOwnPropertyDescriptor(kept, '__proto__')?.value).toBe('2026-11-28')
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
  })
})

describe('an event of Ceilometer', () => {
  it('shows tagged values in its raw payload as Python does', () => {
    const info = { host: 'h', at: { __type__: 'date', __value__: '2026-11-28' } }
    const raw = { payload: { name: 'rpc-start', base_id: 'trace', parent_id: 'trace', trace_id: 'p', info } }

    expect(decodeEvent({ raw })?.info).toEqual({ host: 'h', at: '2026-11-28' })
  })
})
