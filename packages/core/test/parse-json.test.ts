import { describe, expect, it } from 'vitest'
import { ExactNumber, jsonText, parseJson } from '../src/json/index.js'

/** JSON texts, and the string that `String` and `jsonText` return for each parsed value. */
const EXACT: readonly (readonly [string, string])[] = [
  ['9007199254740993', '9007199254740993'],
  ['-9007199254740993', '-9007199254740993'],
  ['18446744073709551615', '18446744073709551615'],
  [`1${'0'.repeat(400)}`, `1${'0'.repeat(400)}`],
  ['1.0', '1.0'],
  ['-1.0', '-1.0'],
  ['0.0', '0.0'],
  ['-0.0', '-0.0'],
  ['1e-07', '1e-07'],
  ['1e+16', '1e+16'],
  ['1.2345678901234568e+16', '1.2345678901234568e+16'],
  ['123456789012345.0', '123456789012345.0'],
  ['1e5', '100000.0'],
  ['1E5', '100000.0'],
  ['1e+06', '1000000.0'],
  ['5e0', '5.0'],
  ['1000e-2', '10.0'],
  ['1.0E10', '10000000000.0'],
  ['1e-400', '0.0'],
  ['123456789.9999999999', '123456790.0'],
  ['0.99999999999999999999', '1.0'],
]

/** JSON texts that are parsed into plain numbers, and these numbers. */
const PLAIN: readonly (readonly [string, number])[] = [
  ['0', 0],
  ['-0', 0],
  ['1', 1],
  ['-17', -17],
  ['9007199254740992', 2 ** 53],
  ['100000000000000000000', 1e20],
  ['1.5', 1.5],
  ['1.50', 1.5],
  ['0.1', 0.1],
  ['1e-7', 1e-7],
  ['0.00001', 0.00001],
  ['1e+21', 1e21],
  ['5e-324', 5e-324],
  ['1.5e-10', 1.5e-10],
  ['1732800000.1234567', 1732800000.1234567],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['1e400', Number.POSITIVE_INFINITY],
  ['-1e400', Number.NEGATIVE_INFINITY],
]

const PLACES: Readonly<Record<string, (token: string) => string>> = {
  alone: token => token,
  'in a list': token => `[${token}]`,
  'in a list with other values': token => `["1.5, 2", 7, ${token}, null]`,
  'as a member': token => `{"a": "x", "b": {"c":${token}}}`,
  'between spaces': token => ` [\n\t${token}\r\n] `,
}

describe('parseJson', () => {
  it.each(EXACT)('keeps %s, which JavaScript would write differently', (token, source) => {
    const value = parseJson(token)

    expect(ExactNumber.is(value)).toBe(true)
    expect(String(value)).toBe(source)
    expect(Number(value)).toBe(Number(token))
    expect(jsonText(value, 0)).toBe(source)
  })

  it.each(PLAIN)('reads %s as a number', (token, number) => {
    expect(parseJson(token)).toBe(number)
  })

  it.each(Object.keys(PLACES))('reads exact and plain numbers %s', name => {
    const place = PLACES[name] ?? String

    for (const [token, shown] of [...EXACT, ...PLAIN.map(([text, number]) => [text, String(number)] as const)]) {
      const written = jsonText(parseJson(place(token)), 0)

      expect(written).toBe(jsonText(parseJson(place('"*"')), 0).replace('"*"', shown))
    }
  })

  it('does not treat the content of a string as a number', () => {
    const texts = ['1.0, 2', ': 1e5,', '[9007199254740993]', 'NaN', '2026-11-28T19:00:05.000000', '\\', '"', 'é\u2028']

    const value = parseJson(JSON.stringify({ texts, count: 3, nan: texts }))

    expect(value).toEqual({ texts, count: 3, nan: texts })
    expect(parseJson(`[NaN, ${JSON.stringify(texts)}]`)).toEqual([Number.NaN, texts])
  })

  it('returns the same members as JSON.parse, for any names', () => {
    const json = '{"__proto__": [1.0], "constructor": NaN, "a": 1, "a": 2.0, "": {}, "\\u0061b": [], "toString": null}'

    const value = parseJson(json)

    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor', 'a', '', 'ab', 'toString'])
    expect(jsonText(value, 0)).toBe('{"__proto__":[1.0],"constructor":NaN,"a":2.0,"":{},"ab":[],"toString":null}')
  })

  it('reads member names that consist of one escaped character, which V8 may confuse', () => {
    const names = ['a', 'é', '\ud800', '"', '\\', '\n', '漢', 'b']
    const asEscape = (name: string): string => `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}"`

    for (let turn = 0; turn < 50; turn++) {
      const text = `{${names.map(name => `${asEscape(name)}: 1`).join(', ')}}`

      expect(Object.keys(parseJson(`{"x": ${text}}`) as object)).toEqual(['x'])
      expect(Object.keys(parseJson(text) as object)).toEqual(names)
    }
  })

  it.each([
    '',
    ' ',
    'nan',
    '-NaN',
    '+Infinity',
    'Infinit',
    '[NaN,]',
    '[NaN',
    '{"a":NaN',
    '{"a" NaN}',
    '{a:NaN}',
    '{"a":NaN,}',
    '[NaN}',
    '[NaN] 1',
    '["NaN',
    '["\\x", NaN]',
    '["\\u12", NaN]',
    '["\t", NaN]',
    '[NaN, 01]',
    '[NaN, 1.]',
    '[NaN, .5]',
    '[NaN, -]',
    '[NaN, 1e]',
    '[NaN\u00a0]',
    '\ufeff[NaN]',
    "['NaN']",
    '[Infinity, undefined]',
  ])('refuses %j with a SyntaxError', text => {
    expect(() => parseJson(text)).toThrow(SyntaxError)
  })

  it('reads and writes values that are nested deeper than the stack allows', () => {
    const depth = 100_000
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const text = `${open.repeat(depth)}[NaN,1.0]${close.repeat(depth)}`

      expect(jsonText(parseJson(text), 2)).toBe(text)
      expect(() => parseJson(text.slice(0, -1))).toThrow(SyntaxError)
    }
  })

  it('reads long strings and long numbers', () => {
    const long = 'x'.repeat(2_000_000)
    const escaped = '\\n'.repeat(1_000_000)
    const digits = '7'.repeat(100_000)

    const value = parseJson(`[1.0, "${long}", "${escaped}", ${digits}, 0.${digits}]`) as unknown[]

    expect(value[1]).toBe(long)
    expect(value[2]).toBe('\n'.repeat(1_000_000))
    expect(String(value[3])).toBe(digits)
    expect(value[4]).toBe(Number(`0.${digits}`))
  })
})
