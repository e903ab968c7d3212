import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { asNumber, ExactNumber, exactFloat, parseJson } from '../src/json/index.js'
import { isErrorRecord, type TraceRecord } from '../src/record/trace-record.js'
import { recordable, recordableInfo } from '../src/recording/recordable.js'

describe('an ExactNumber', () => {
  const big = parseJson('9007199254740993') as ExactNumber
  const whole = parseJson('1.0') as ExactNumber

  it('is used in calculations as the nearest number', () => {
    expect(Number(whole) + 1).toBe(2)
    expect(Math.max(Number(big), 1)).toBe(2 ** 53)
    expect(whole.toFixed(2)).toBe('1.00')
    expect(asNumber(whole)).toBe(1)
    expect(asNumber(3)).toBe(3)
    expect(['1', null, undefined, {}, new Number(1)].map(asNumber)).toEqual(Array(5).fill(undefined))
  })

  it('is printed as it was written', () => {
    expect(`${big}`).toBe('9007199254740993')
    expect(big.source).toBe('9007199254740993')
    expect(inspect({ big })).toBe('{ big: 9007199254740993 }')
  })

  it('becomes the nearest number in JSON.stringify', () => {
    expect(JSON.stringify([big, whole])).toBe('[9007199254740992,1]')
  })

  it('is created only from the text of a JSON number', () => {
    expect(new ExactNumber('1e-07').source).toBe('1e-07')
    for (const text of ['', 'NaN', '1,2', '01', '"1"', ' 1']) expect(() => new ExactNumber(text)).toThrow(TypeError)
  })

  it('is treated as a number wherever records are read', () => {
    const failed = { info: { response: { status_code: parseJson('503.0') } } } as unknown as TraceRecord

    expect(isErrorRecord(failed)).toBe(true)
    expect(recordable([big, { whole }])).toEqual([big, { whole }])
    expect(recordableInfo({ tokens: parseJson('1532.0') })).toEqual({ tokens: parseJson('1532.0') })
    expect(recordableInfo({ password: big })).toEqual({ password: '***' })
  })

  it('can represent a float such as 1.0, because some stores distinguish floats and integers', () => {
    expect(String(exactFloat(1))).toBe('1.0')
    expect(String(exactFloat(1e16))).toBe('1e+16')
    expect(exactFloat(1.5)).toBe(1.5)
    expect(exactFloat(Number.NaN)).toBe(Number.NaN)
  })
})
