import { describe, expect, it } from 'vitest'
import {
  backslashesBefore,
  endOfBare,
  endOfBrackets,
  endOfQuoted,
  isNothing,
} from '../src/secrets/values/bare-values.js'

const PLACE = { inUrl: false, wide: false, line: false, outer: 0 }

describe('a value without quotes', () => {
  it.each([
    ['abc def', PLACE, 'abc'],
    ['abc&d=e', { ...PLACE, inUrl: true }, 'abc'],
    ['a,b;c', PLACE, 'a,b;c'],
    ['a;b=c', PLACE, 'a'],
    ['a b c;d=e', { ...PLACE, wide: true }, 'a b c'],
    ['Basic abc, d\nnext', { ...PLACE, line: true }, 'Basic abc, d'],
    ['{"a": 1} b', PLACE, '{"a": 1}'],
    ['abc"', { ...PLACE, outer: 34 }, 'abc'],
    ['abc\\n', PLACE, 'abc'],
  ])('ends where the next thing begins: %j', (text, place, value) => {
    expect(text.slice(0, endOfBare(text, 0, place))).toBe(value)
  })
})

it('finds the end of brackets and quotes, escaped or doubled', () => {
  expect(endOfBrackets('[a, {b: "]"}] c', 0)).toBe(13)
  expect(endOfBrackets('[a', 0)).toBe(2)
  expect(endOfQuoted('"a\\"b" c', 0)).toBe(6)
  expect(endOfQuoted("'it''s' c", 0)).toBe(7)
  expect(backslashesBefore('a\\\\"', 3)).toBe(2)
})

it.each(['?', '$1', ':password', '%s', 'required', 'null', '-', '{$gt: ?}'])('takes %s for no value', value => {
  expect(isNothing(value, false)).toBe(true)
})

it.each(['hunter2', '$ecret', 'x'.repeat(65)])('takes %s for a value', value => {
  expect(isNothing(value, false)).toBe(false)
})
