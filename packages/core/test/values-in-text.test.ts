import { expect, it } from 'vitest'
import { readValue, readValueAt, skipBlanks } from '../src/secrets/values/values-in-text.js'

const PLACE = { name: 'password', quote: 0, inUrl: false, beginsLine: false, hasSpaceBefore: false }

function valuesOf(text: string, place = PLACE): readonly string[] | undefined {
  return readValue(text, text.search(/[:=]/), place)?.spans.map(({ start, end }) => text.slice(start, end))
}

it.each([
  ['password=abc def', ['abc']],
  ['password = "a \\" b" c', ['a \\" b']],
  ["password := 'it''s'", ["it''s"]],
  ['password: """a\n"b" c""" d', ['a\n"b" c']],
  ["password = crypt('abc', gen_salt('bf'))", ['abc', 'bf']],
  ["password = BINARY 'abc'", ['abc']],
  ['password:\n  - abc\n  - def\nnext: 1', ['abc', 'def']],
  ['password=', undefined],
  ['password = required', undefined],
])('readValue() reads the value after the "=" or ":" in %j', (text, values) => {
  expect(valuesOf(text)).toEqual(values)
})

it('readValue() reads a header to the end of its line', () => {
  const header = { ...PLACE, name: 'Authorization' }

  expect(valuesOf('Authorization: Digest a="b", c\nHost: d', header)).toEqual(['Digest a="b", c'])
})

it('readValueAt() reads a value at a position, and skipBlanks() finds a quoted value in the next line', () => {
  expect(readValueAt('x "abc"', 2)?.end).toBe(7)
  expect(readValueAt('x ', 2)).toBeUndefined()
  expect([skipBlanks(': \n  "a"', 1), skipBlanks(': \n  a', 1)]).toEqual([5, 2])
})
