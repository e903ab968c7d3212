import { describe, expect, it } from 'vitest'
import { createQuote, nameTrace, shorten } from '../src/findings/phrases.js'
import { reportOf } from './find.js'
import { query } from './make-trace.js'

describe('createQuote', () => {
  const { points } = reportOf({ id: 'a', ...query('SELECT id, title, price, stock FROM items'), from: 0, to: 1 })

  it("quotes the points' action and service", () => {
    expect(createQuote(80)(points)).toBe('"SELECT ... FROM items" in api')
    expect(createQuote(80)(points, false)).toBe('"SELECT ... FROM items"')
  })

  it('keeps the columns of a query if there is room', () => {
    expect(createQuote(200)(points)).toBe('"SELECT id, title, price, stock FROM items" in api')
  })

  it('quotes the name of a point without a known action', () => {
    expect(createQuote(80)(reportOf({ id: 'a', name: 'wsgi', from: 0, to: 1 }).points)).toBe('"request" in api')
    expect(createQuote(80)([])).toBe('nothing')
  })
})

describe('shorten', () => {
  it('cuts a string that is too long', () => {
    expect([shorten('short', 6), shorten('longer than this', 6)]).toEqual(['short', 'lon...'])
  })
})

describe('nameTrace', () => {
  it('returns "this request" for one request, and "this trace" for several', () => {
    const several = reportOf({ id: 'a', from: 0, to: 1 }, { id: 'b', from: 0, to: 1 })

    expect([nameTrace(reportOf({ id: 'a', from: 0, to: 1 })), nameTrace(several)]).toEqual([
      'this request',
      'this trace',
    ])
  })
})
