import { describe, expect, it } from 'vitest'
import { ExactNumber } from '../src/json/index.js'
import { attributeText, attributeValue, isObject, MAX_TEXT_CHARS, memberOf } from '../src/record/attribute-value.js'

it('memberOf() returns only own members, and isObject() returns true only for plain objects', () => {
  expect(memberOf({ a: 1 }, 'a')).toBe(1)
  expect(memberOf({}, 'toString')).toBeUndefined()
  expect([[], null, 'text', new ExactNumber('1.0'), {}].map(isObject)).toEqual([false, false, false, false, true])
})

describe('attributeValue', () => {
  it.each<[unknown, unknown]>([
    ['text', 'text'],
    ['half \ud800', 'half \ufffd'],
    [1.5, 1.5],
    [-0, 0],
    [true, true],
    [null, undefined],
    [undefined, undefined],
    [Number.NaN, 'NaN'],
    [2 ** 53, '9007199254740992'],
    [new ExactNumber('9007199254740993'), '9007199254740993'],
    [new ExactNumber('1.0'), 1],
    [[1, 'a', null], '[1,"a",null]'],
    [{ a: 1, b: undefined, c: { d: 'x' } }, '{"a":1,"c":{"d":"x"}}'],
  ])('converts %j to %j, which both encodings of OTLP can represent', (value, shown) => {
    expect(attributeValue(value)).toBe(shown)
  })

  it('limits the length and the depth of a value', () => {
    let deep: unknown = 'end'
    for (let level = 0; level < 1_000; level++) deep = [deep]

    expect(attributeText('x'.repeat(1e6))).toHaveLength(MAX_TEXT_CHARS)
    expect(attributeText(Array(1e5).fill('x')).length).toBeLessThanOrEqual(MAX_TEXT_CHARS)
    expect(attributeText(deep)).toContain('[...]')
  })
})
