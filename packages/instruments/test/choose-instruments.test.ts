import { checkInstruments, INSTRUMENT_NAMES } from '@osprofiler/instruments'
import { describe, expect, it } from 'vitest'

describe('chooseInstruments', () => {
  it('adds names that begin with "+" to the default instruments', () => {
    expect(checkInstruments(['+express', '+koa'])).toEqual([...INSTRUMENT_NAMES, 'express', 'koa'])
    expect(checkInstruments(['+pg'], {}, ['fetch'])).toEqual(['fetch', 'pg'])
  })

  it('returns only the named instruments', () => {
    expect(checkInstruments(['express'])).toEqual(['express'])
    expect(checkInstruments([])).toEqual([])
  })

  it('throws if only some names begin with "+"', () => {
    expect(() => checkInstruments(['+express', 'pg'])).toThrow(/adds to the default.*before none/)
  })
})
