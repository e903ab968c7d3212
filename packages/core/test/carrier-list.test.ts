import { describe, expect, it } from 'vitest'
import { isHeaderList, pickTraceHeaders, replaceHeaders } from '../src/rpc/carrier-list.js'

const HEADERS = { 'X-Trace-Info': 'INFO', 'X-Trace-HMAC': 'HMAC' }

describe('a list of headers', () => {
  it('gives those of a trace, in any spelling of theirs, however it writes names and values', () => {
    const list = [{ key: 'X-Trace-Info', value: 'a' }, { name: 'x-trace-hmac', value: 'b' }, ['other', 'c'], null, 'd']

    expect(pickTraceHeaders(list)).toEqual({ 'X-Trace-Info': 'a', 'x-trace-hmac': 'b' })
    expect(pickTraceHeaders(new Map([[Buffer.from('x-trace-info'), 'a']]))).toEqual({ 'x-trace-info': 'a' })
    expect([[], new Map(), {}, new Headers()].map(isHeaderList)).toEqual([true, true, false, false])
  })

  it('has a list of the values of a name that comes twice', () => {
    expect(pickTraceHeaders([{ 'X-Trace-Info': 'a' }, { 'X-Trace-Info': 'b' }])).toEqual({ 'X-Trace-Info': ['a', 'b'] })
  })

  it.each<[string, unknown[], unknown[]]>([
    ['objects of one name', [{ a: 'b' }], [{ a: 'b' }, { 'X-Trace-Info': 'INFO' }, { 'X-Trace-HMAC': 'HMAC' }]],
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
    ['nothing yet', [], [{ 'X-Trace-Info': 'INFO' }, { 'X-Trace-HMAC': 'HMAC' }]],
  ])('takes headers as it has its others: %s', (_, list, written) => {
    replaceHeaders(list, HEADERS)

    expect(list).toEqual(written)
  })

  it('loses the headers of another trace, and nothing else', () => {
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

  it('is left alone where it is longer than any that a broker takes', () => {
    const list = Array.from({ length: 1_001 }, () => ({ 'X-Trace-Info': 'a' }))

    replaceHeaders(list, HEADERS)

    expect(pickTraceHeaders(list)).toEqual({})
    expect(list).toHaveLength(1_001)
  })
})
