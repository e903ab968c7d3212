import { describe, expect, it } from 'vitest'
import { readJson } from '../src/json/read-json.js'

describe('readJson', () => {
  it.each([
    '[]',
    '{}',
    ' [ 1 , {"a" : [true, false, null], "b":"x\\n\\u0041\\\\"} ] ',
    '"text"',
    '-1.5',
    '{"__proto__": {"a": 1}}',
    '{"a": 1, "a": 2}',
  ])('reads %j like JSON.parse', text => {
    expect(readJson(text)).toEqual(JSON.parse(text))
  })

  it('reads NaN, Infinity and -Infinity, which Python writes', () => {
    expect(readJson('[NaN, Infinity, -Infinity]')).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ])
  })

  it.each(['', '[', '{"a"}', '{"a":1,}', '[1,]', '[1 2]', '"a', '"\n"', '01', '+1', 'nan', '{a: 1}', '[] []', "'a'"])(
    'refuses %j',
    text => {
      expect(() => readJson(text)).toThrow(SyntaxError)
    },
  )
})
