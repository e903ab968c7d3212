import { describe, expect, it } from 'vitest'
import { holdsWord, jsonText, parseJson, stringifyJson } from '../src/json/index.js'

it('holdsWord() finds NaN and infinite numbers, and accepts a value that contains itself', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle

  expect(holdsWord({ a: [1, { b: Number.NaN }] })).toBe(true)
  expect([{ a: 1, b: 'NaN' }, cycle, parseJson('1.0'), null].some(holdsWord)).toBe(false)
})

describe('stringifyJson', () => {
  it('writes the same JSON as JSON.stringify', () => {
    const value = {
      date: new Date(0),
      missing: undefined,
      fn: () => 1,
      list: [undefined, null, () => 1],
      text: 'é\u2028"',
      nested: { a: {}, b: [], c: [[1]] },
      number: 1e21,
    }

    for (const indent of [0, 2] as const) {
      const expected = JSON.stringify({ ...value, exact: 1, words: 2 }, null, indent)
        .replace('"exact": 1', '"exact": 1.0')
        .replace('"exact":1', '"exact":1.0')
        .replace('"words": 2', '"words": NaN')
        .replace('"words":2', '"words":NaN')

      expect(stringifyJson(value, indent)).toBe(JSON.stringify(value, null, indent))
      expect(stringifyJson({ ...value, exact: parseJson('1.0'), words: Number.NaN }, indent)).toBe(expected)
    }
  })

  it('writes NaN, Infinity and -Infinity, as Python does', () => {
    expect(stringifyJson([null, Number.NaN, [Number.NEGATIVE_INFINITY], Number.POSITIVE_INFINITY])).toBe(
      '[null,NaN,[-Infinity],Infinity]',
    )
  })

  it('throws like JSON.stringify, while jsonText never throws', () => {
    const cycle: Record<string, unknown> = { n: parseJson('1.0') }
    cycle.self = cycle

    expect(() => stringifyJson(cycle)).toThrow(TypeError)
    expect(() => stringifyJson({ big: 1n })).toThrow(TypeError)
    expect(stringifyJson(undefined)).toBe(undefined)
    expect(jsonText(cycle, 0)).toBe('{"n":1.0,"self":"[circular]"}')
    expect(jsonText({ big: 1n, n: parseJson('1.0') }, 2)).toBe('{\n  "big": "1",\n  "n": 1.0\n}')
    expect(jsonText(undefined, 0)).toBe('null')
  })
})
