import { parseNumber } from './exact-number.js'
import { Array, JSON, Number, SyntaxError } from './language.js'
import { setMember } from './set-member.js'

const QUOTE = 34
const COMMA = 44
const MINUS = 45
const ZERO = 48
const NINE = 57
const COLON = 58
const UPPER_I = 73
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

const SPACE = 32
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const WORD = /true|false|null|NaN|-?Infinity/y
const WORDS: Readonly<Record<string, unknown>> = {
  true: true,
  false: false,
  null: null,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

type List = unknown[]
type Members = Record<string, unknown>

/**
 * Parses JSON like Python, with `ExactNumber`s for numbers that JavaScript would write differently. Stored texts may be
 * hostile, so the time is linear, and deep nesting cannot overflow the stack.
 *
 * @throws SyntaxError
 */
export function readJson(text: string): unknown {
  const open: (List | Members)[] = []
  // Contains the name of the current member for each open object, and '' for each open list.
  const names: string[] = []
  let at = 0
  skipSpace()
  for (;;) {
    let value = readValue()
    // If the value is undefined, a non-empty object or list begins here.
    if (value === undefined) continue
    while (addValue(value)) value = close()
    if (open.length === 0) {
      if (at < text.length) throw unexpected()
      return value
    }
  }

  function skipSpace(): void {
    while (isSpace(text.charCodeAt(at))) at++
  }

  /** Returns a scalar or an empty list or object, or undefined if a non-empty list or object begins here. */
  function readValue(): unknown {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        return readText()
      case OPEN_LIST:
        return begin([], CLOSE_LIST)
      case OPEN_OBJECT:
        return begin({}, CLOSE_OBJECT)
      default:
        return readScalar()
    }
  }

  function begin(container: List | Members, end: number): List | Members | undefined {
    at++
    skipSpace()
    if (text.charCodeAt(at) === end) {
      at++
      return container
    }
    open.push(container)
    names.push(end === CLOSE_OBJECT ? readName() : '')
    return undefined
  }

  /** Adds a value to the innermost open list or object. Returns whether that list or object ends here. */
  function addValue(value: unknown): boolean {
    const container = open.at(-1)
    skipSpace()
    if (container === undefined) return false
    const isList = Array.isArray(container)
    if (isList) container.push(value)
    else setMember(container, names.at(-1) ?? '', value)
    const unit = text.charCodeAt(at)
    if (unit === (isList ? CLOSE_LIST : CLOSE_OBJECT)) return true
    if (unit !== COMMA) throw unexpected()
    at++
    skipSpace()
    if (!isList) names[names.length - 1] = readName()
    return false
  }

  function close(): List | Members | undefined {
    at++
    names.pop()
    return open.pop()
  }

  function readName(): string {
    if (text.charCodeAt(at) !== QUOTE) throw unexpected()
    const name = readText()
    skipSpace()
    if (text.charCodeAt(at) !== COLON) throw unexpected()
    at++
    skipSpace()
    return name
  }

  function readText(): string {
    const start = at++
    let isEscaped = false
    for (let unit = text.charCodeAt(at); unit !== QUOTE; unit = text.charCodeAt(at)) {
      // At the end of the text, `unit` is NaN. The comparison is negated so that it rejects NaN too.
      if (!(unit >= SPACE)) throw unexpected()
      if (unit === BACKSLASH) isEscaped = true
      at += unit === BACKSLASH ? 2 : 1
    }
    at++
    return isEscaped ? (JSON.parse(text.slice(start, at)) as string) : text.slice(start + 1, at - 1)
  }

  function readScalar(): unknown {
    const unit = text.charCodeAt(at)
    const isNumber = (unit >= ZERO && unit <= NINE) || (unit === MINUS && text.charCodeAt(at + 1) !== UPPER_I)
    const pattern = isNumber ? NUMBER : WORD
    pattern.lastIndex = at
    if (!pattern.test(text)) throw unexpected()
    const token = text.slice(at, pattern.lastIndex)
    at = pattern.lastIndex
    return isNumber ? parseNumber(token) : WORDS[token]
  }

  function unexpected(): SyntaxError {
    if (at >= text.length) return new SyntaxError('Unexpected end of JSON input')
    return new SyntaxError(`Unexpected ${JSON.stringify(text.slice(at, at + 1))} in JSON at position ${at}`)
  }
}

function isSpace(unit: number): boolean {
  return unit === SPACE || unit === 10 || unit === 13 || unit === 9
}
