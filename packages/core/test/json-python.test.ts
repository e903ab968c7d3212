import { spawnSync } from 'node:child_process'
import { jsonText, parseJson } from '@osprofiler/core/json'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const PROGRAM = `
import json, sys

def read(text):
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return None

json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
`

/** Returns what Python's `json` module writes after reading each text, or null if Python refuses the text. */
function askPython(texts: readonly string[]): readonly (string | null)[] {
  const { stdout } = spawnSync('/usr/bin/python3', ['-c', PROGRAM], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  return JSON.parse(stdout)
}

const digits = fc.stringMatching(/^\d{1,20}$/)
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9]\d{0,20}$/)),
    fc.option(fc.oneof(digits, fc.stringMatching(/^0{1,20}\d?$/)), { nil: undefined }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.nat(400)), { nil: undefined }),
  )
  .map(([sign, whole, part, exponent]) => {
    return `${sign}${whole}${part === undefined ? '' : `.${part}`}${exponent === undefined ? '' : exponent.join('')}`
  })
const word = fc.constantFrom('NaN', 'Infinity', '-Infinity', 'true', 'false', 'null')
const text = fc
  .oneof(fc.string(), fc.constantFrom('NaN', '1.0, ', ': 1e5}', '__proto__', '\ud800', '\u2028', '"', '\\', '\u007f'))
  .map(value => JSON.stringify(value))
const space = fc.constantFrom('', '', '', ' ', '\n', '\t', '\r')

const { json } = fc.letrec<{ json: string; value: string; list: string; members: string }>(tie => ({
  json: fc.tuple(space, tie('value'), space).map(parts => parts.join('')),
  value: fc.oneof({ maxDepth: 4 }, number, word, text, tie('list'), tie('members')),
  list: fc.array(tie('json'), { maxLength: 4 }).map(values => `[${values.join(',')}]`),
  members: fc
    .array(fc.tuple(space, text, space, tie('json')), { maxLength: 4 })
    .map(
      members => `{${members.map(([before, name, after, value]) => `${before}${name}${after}:${value}`).join(',')}}`,
    ),
}))

/** JSON texts in which a piece was removed or replaced. Most of them are no longer valid JSON. */
const broken = fc
  .tuple(json, fc.nat(), fc.nat(2), fc.constantFrom('', ',', '}', ']', '"', '1', '0', '.', 'e', '-', 'N', '\t', '\\'))
  .map(([whole, at, length, piece]) => {
    const from = at % (whole.length + 1)
    return whole.slice(0, from) + piece + whole.slice(from + length)
  })

describe("parseJson and Python's json module", () => {
  it('accept and refuse the same texts, and write equivalent JSON', () => {
    const texts = [...fc.sample(json, 4_000), ...fc.sample(broken, 4_000), ...fc.sample(number, 4_000)]
    const expected = askPython(texts)

    const ours = texts.map(each => {
      try {
        return jsonText(parseJson(each), 0)
      } catch {
        return null
      }
    })

    // JavaScript writes 1e-7 and Python writes 1e-07 for the same number. Therefore, Python reads what `jsonText` wrote
    // and writes it again, so that both compared texts come from Python.
    const again = askPython(ours.map(each => each ?? ''))
    for (const [index, each] of texts.entries()) expect([each, again[index]]).toEqual([each, expected[index]])
  })
})
