import { checkInstruments, INSTRUMENT_NAMES } from '@osprofiler/instruments'
import { describe, expect, it } from 'vitest'

describe('the instruments that are asked for', () => {
  it('are those of the default, and those that are added to them', () => {
    expect(checkInstruments(['+express', '+koa'])).toEqual([...INSTRUMENT_NAMES, 'express', 'koa'])
    expect(checkInstruments(['+pg'], {}, ['fetch'])).toEqual(['fetch', 'pg'])
  })

  it('are those that are named, and no others', () => {
    expect(checkInstruments(['express'])).toEqual(['express'])
    expect(checkInstruments([])).toEqual([])
  })

  it('are refused where nobody can say whether the default is meant', () => {
    expect(() => checkInstruments(['+express', 'pg'])).toThrow(/adds to the default.*before none/)
  })
})
