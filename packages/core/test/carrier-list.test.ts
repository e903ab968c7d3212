import { describe, expect, it } from 'vitest'
import { isHeaderList, pickTraceHeaders, replaceHeaders } from '../src/rpc/carrier-list.js'

const HEADERS = { 'X-Trace-Info': 'INFO', 'X-Trace-HMAC': 'HMAC' }

describe('a list of headers', () => {
  it('may contain the trace headers in uppercase or lowercase, and as objects, arrays or entries of a Map', () => {
    const list = [{ key: 'X-Trace-Info', value: 'a' }, { name: 'x-trace-hmac', value: 'b' }, ['other', 'c'], null, 'd']

    expect(pickTraceHeaders(list)).toEqual({ 'X-Trace-Info': 'a', 'x-trace-hmac': 'b' })
    expect(pickTraceHeaders(new Map([[Buffer.from('x-trace-info'), 'a']]))).toEqual({ 'x-trace-info': 'a' })
    expect([[], new Map(), {}, new Headers()].map(isHeaderList)).toEqual([true, true, false, false])
  })

  it('yields a list of values for a trace header that occurs twice', () => {
    expect(pickTraceHeaders([{ 'X-Trace-Info': 'a' }, { 'X-Trace-Info': 'b' }])).toEqual({ 'X-Trace-Info': ['a', 'b'] })
  })

  it.each<[string, unknown[], unknown[]]>([
    [
      'objects with one member each',
      [{ a: 'b' }],
      [{ a: 'b' }, { 'X-Trace-Info': 'INFO' }, { 'X-Trace-HMAC': 'HMAC' }],
    ],
    [
      'pairs',
      [['a', 'b']],
      [
        ['a', 'b'],
        ['X-Trace-Info', 'INFO'],
        ['X-Trace-HMAC', 'HMAC'],
      ],
    ],
    [
      'keys and values, as bytes',
      [{ key: Buffer.from('a'), value: Buffer.from('b') }],
      [
        { key: Buffer.from('a'), value: Buffer.from('b') },
        { key: Buffer.from('X-Trace-Info'), value: Buffer.from('INFO') },
        { key: Buffer.from('X-Trace-HMAC'), value: Buffer.from('HMAC') },
      ],
    ],
    ['an empty list', [], [{ 'X-Trace-Info': 'INFO' }, { 'X-Trace-HMAC': 'HMAC' }]],
  ])('gets new headers in the same form as its existing headers: %s', (_, list, written) => {
    replaceHeaders(list, HEADERS)

    expect(list).toEqual(written)
  })

  it('loses only its old trace headers when it gets new trace headers', () => {
    const list: unknown[] = [{ a: 'b', 'x-trace-info': 'OLD' }, { 'X-Trace-HMAC': 'OLD' }]
    const map = new Map<unknown, unknown>([
      [Buffer.from('x-trace-info'), 'OLD'],
      ['a', 'b'],
    ])

    replaceHeaders(list, HEADERS)
    replaceHeaders(map, HEADERS, false)

    expect(list).toEqual([{ a: 'b' }, { 'X-Trace-Info': 'INFO' }, { 'X-Trace-HMAC': 'HMAC' }])
    expect([...map]).toEqual([
      ['a', 'b'],
      ['X-Trace-Info', 'INFO'],
      ['X-Trace-HMAC', 'HMAC'],
    ])
  })

  it('stays unchanged if the list is longer than brokers accept', () => {
    const list = Array.from({ length: 1_001 }, () => ({ 'X-Trace-Info': 'a' }))

    replaceHeaders(list, HEADERS)

    expect(pickTraceHeaders(list)).toEqual({})
    expect(list).toHaveLength(1_001)
  })
})
