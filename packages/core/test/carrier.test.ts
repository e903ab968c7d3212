import { describe, expect, it } from 'vitest'
import { readCarrier, writeCarrier } from '../src/rpc/carrier.js'

const HEADERS = { 'X-Trace-Info': 'INFO', 'X-Trace-HMAC': 'HMAC' }
const PAIR = { info: 'INFO', hmac: 'HMAC' }
const BYTES = { 'x-trace-info': Buffer.from('INFO'), 'x-trace-hmac': Buffer.from('HMAC') }

describe('readCarrier', () => {
  it.each<[string, unknown]>([
    ['an object', HEADERS],
    ['an object with names in lower case, and bytes', BYTES],
    [
      'an object with bytes as lists of numbers, as in JSON',
      { 'X-Trace-Info': [...Buffer.from('INFO')], 'X-Trace-HMAC': 'HMAC' },
    ],
    ['a Map', new Map(Object.entries(HEADERS))],
    ['Headers', new Headers(HEADERS)],
    ['a list of objects', [{ 'X-Trace-Info': 'INFO' }, { 'X-Trace-HMAC': 'HMAC' }]],
    ['a list of pairs', Object.entries(BYTES)],
  ])('finds the pair in %s', (_, carrier) => {
    expect(readCarrier(carrier)).toEqual(PAIR)
  })

  it('joins duplicate values, so that the header counts as malformed', () => {
    expect(readCarrier({ ...HEADERS, 'x-trace-info': 'OTHER' })?.info).toBe('INFO, OTHER')
    expect(readCarrier({ ...HEADERS, 'X-Trace-Info': ['INFO', 'OTHER', 'THIRD'] })?.info).toBe('INFO, OTHER')
    expect(readCarrier({ ...HEADERS, 'x-trace-info': 'INFO' })).toEqual(PAIR)
  })

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a string', 'X-Trace-Info'],
    ['other headers', { 'content-type': 'x' }],
    ['inherited headers', Object.create(HEADERS)],
    [
      'an object that throws on every access',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
        },
      ),
    ],
  ])('finds no pair in %s', (_, carrier) => {
    expect(readCarrier(carrier)).toBeUndefined()
  })
})

describe('writeCarrier', () => {
  it('replaces existing headers in any spelling', () => {
    const object = { 'x-trace-info': 'OLD', kept: 1 }
    const map = new Map([['x-trace-hmac', 'OLD']])

    writeCarrier(object, HEADERS)
    writeCarrier(map, HEADERS)

    expect(object).toEqual({ ...HEADERS, kept: 1 })
    expect(Object.fromEntries(map)).toEqual(HEADERS)
  })

  it('leaves a carrier unchanged if there are no trace headers or if the carrier is read-only', () => {
    const [object, frozen] = [{ 'x-trace-info': 'OLD' }, Object.freeze({ kept: 1 })]

    writeCarrier(object, {})
    writeCarrier(frozen, HEADERS)

    expect([object, frozen]).toEqual([{ 'x-trace-info': 'OLD' }, { kept: 1 }])
  })
})
