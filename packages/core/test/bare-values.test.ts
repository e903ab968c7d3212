import { describe, expect, it } from 'vitest'
import {
  countBackslashesBefore,
  findBareEnd,
  findBracketsEnd,
  findQuotedEnd,
  isNoValue,
} from '../src/secrets/values/bare-values.js'

const PLACE = { inUrl: false, mayHoldBlanks: false, isRestOfLine: false, outerQuote: 0 }

it('a value in brackets or quotes ends at the closing bracket or quote, but not at an escaped or doubled quote', () => {
  expect(findBracketsEnd('[a, {b: "]"}] c', 0)).toBe(13)
  expect(findBracketsEnd('[a', 0)).toBe(2)
  expect(findQuotedEnd('"a\\"b" c', 0)).toBe(6)
  expect(findQuotedEnd("'it''s' c", 0)).toBe(7)
  expect(countBackslashesBefore('a\\\\"', 3)).toBe(2)
})

it.each(['?', '$1', ':password', '%s', 'required', 'null', '-', '{$gt: ?}'])(
  'isNoValue() is true for %s, which cannot be a secret value',
  value => {
    expect(isNoValue(value, false)).toBe(true)
  },
)

it.each(['hunter2', '$ecret', 'x'.repeat(65)])('isNoValue() is false for %s, which can be a secret value', value => {
  expect(isNoValue(value, false)).toBe(false)
})

describe('a value without quotes', () => {
  it.each([
    ['abc def', PLACE, 'abc'],
    ['abc&d=e', { ...PLACE, inUrl: true }, 'abc'],
    ['a,b;c', PLACE, 'a,b;c'],
    ['a;b=c', PLACE, 'a'],
    ['a b c;d=e', { ...PLACE, mayHoldBlanks: true }, 'a b c'],
    ['Basic abc, d\nnext', { ...PLACE, isRestOfLine: true }, 'Basic abc, d'],
    ['{"a": 1} b', PLACE, '{"a": 1}'],
    ['abc"', { ...PLACE, outerQuote: 34 }, 'abc'],
    ['abc\\n', PLACE, 'abc'],
  ])('ends where the next name or delimiter begins: %j', (text, place, value) => {
    expect(text.slice(0, findBareEnd(text, 0, place))).toBe(value)
  })
})
