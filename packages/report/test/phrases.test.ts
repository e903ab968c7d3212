import { describe, expect, it } from 'vitest'
import { createQuote, shorten, whole } from '../src/findings/phrases.js'
import { reportOf } from './find.js'
import { query } from './make-trace.js'

describe('a quote', () => {
  const { points } = reportOf({ id: 'a', ...query('SELECT id, title, price, stock FROM items'), from: 0, to: 1 })

  it('says what points did, and where', () => {
    expect(createQuote(80)(points)).toBe('"SELECT ... FROM items" in api')
    expect(createQuote(80)(points, false)).toBe('"SELECT ... FROM items"')
  })

  it('has the columns where there is room', () => {
    expect(createQuote(200)(points)).toBe('"SELECT id, title, price, stock FROM items" in api')
  })

  it('is the name of a point that does not say what it did', () => {
    expect(createQuote(80)(reportOf({ id: 'a', name: 'wsgi', from: 0, to: 1 }).points)).toBe('"request" in api')
    expect(createQuote(80)([])).toBe('nothing')
  })
})

describe('a text in a sentence', () => {
  it('is cut where it is longer than there is room for', () => {
    expect([shorten('short', 6), shorten('longer than this', 6)]).toEqual(['short', 'lon...'])
  })
})

describe('a trace in a sentence', () => {
  it('is a request, unless there are several', () => {
    const several = reportOf({ id: 'a', from: 0, to: 1 }, { id: 'b', from: 0, to: 1 })

    expect([whole(reportOf({ id: 'a', from: 0, to: 1 })), whole(several)]).toEqual(['this request', 'this trace'])
  })
})
