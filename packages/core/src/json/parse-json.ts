import { MIN_FLOAT_WITHOUT_EXPONENT } from './exact-number.js'
import { Array, isFinite, isInteger, isSafeInteger, JSON, Object } from './language.js'
import { readJson } from './read-json.js'

/** Values nested deeper than this are parsed by the slower parser, because `classifyMembers` is recursive. */
const MAX_DEPTH = 100

// Matches a member name that is one escaped character, such as `"\u00e9"` for `é` in Python. V8 in Node 24 and 26 may
// return a backslash as the name: `JSON.parse('{"a":1,"\\u0041":1}')` returns the names `a` and `\\`.
const ESCAPED_NAME = /"\\(?:u[\da-fA-F]{4}|[^u])"\s*:/

/** All numbers in the value are floats that JavaScript and Python write in the same way. */
const PLAIN = 0
/** The value contains safe integers, which the text may have written as floats, such as `1.0`. */
const HAS_INTEGERS = 1
/** The value contains numbers that may differ from the text, or it is nested too deeply to be checked. */
const SUSPECT = 2

/**
 * Parses JSON like Python's `json.loads`: accepts `NaN`, `Infinity` and `-Infinity`, and returns an `ExactNumber` for
 * each number that JavaScript would write differently. The native parser is tried first. If the native parser fails, or
 * if the resulting numbers may differ from the text, this project's slower parser parses the text again.
 *
 * @throws SyntaxError if Python would reject the text
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (!text.includes('NaN') && !text.includes('Infinity')) throw error
    return readJson(text)
  }
  const isSafe = !text.includes('\\') || !ESCAPED_NAME.test(text)
  return isSafe && isUnambiguous(value, text) ? value : readJson(text)
}

/** Returns whether Python would certainly read the same value from the text. */
function isUnambiguous(value: unknown, text: string): boolean {
  if (typeof value === 'number') return false
  const kind = classify(value, MAX_DEPTH)
  return kind === PLAIN || (kind === HAS_INTEGERS && !mayHoldWholeFloat(text))
}

/** Classifies a value by its numbers. If the numbers are of several kinds, returns the most suspicious kind. */
function classify(value: unknown, depth: number): number {
  if (typeof value === 'number') return classifyNumber(value)
  return typeof value === 'object' && value !== null ? classifyMembers(value, depth) : PLAIN
}

/**
 * Classifies a list or object by the numbers inside it. Skips strings before it calls `classify`, because most values
 * are strings, and because this function runs for nearly every parsed text.
 */
function classifyMembers(container: object, depth: number): number {
  if (depth === 0) return SUSPECT
  let kind = PLAIN
  if (Array.isArray(container)) {
    for (const value of container as readonly unknown[]) {
      if (typeof value === 'string') continue
      const memberKind = classify(value, depth - 1)
      if (memberKind > kind) kind = memberKind
    }
    return kind
  }
  // `for...in` also visits inherited members, which is harmless here.
  for (const name in container) {
    const value = (container as Record<string, unknown>)[name]
    if (typeof value === 'string') continue
    const memberKind = classify(value, depth - 1)
    if (memberKind > kind) kind = memberKind
  }
  return kind
}

function classifyNumber(value: number): number {
  if (isSafeInteger(value)) return Object.is(value, -0) ? SUSPECT : HAS_INTEGERS
  const isPlain =
    !isInteger(value) &&
    isFinite(value) &&
    (value >= MIN_FLOAT_WITHOUT_EXPONENT || value <= -MIN_FLOAT_WITHOUT_EXPONENT)
  return isPlain ? PLAIN : SUSPECT
}

/** Matches a number with an exponent, or a similar part of a string. */
const EXPONENT = /[\d.][eE][-+]?\d+[,}\]\s]/
const ZERO = 48
const NINE = 57
/** A float that `JSON.parse` rounds to an integer has at least this many digits before or after the decimal point. */
const MIN_ROUNDED_DIGITS = 9

/** Returns whether a number in the text may be a whole float, such as `1.0` or `1e3`. Strings can also match. */
function mayHoldWholeFloat(text: string): boolean {
  for (let point = text.indexOf('.'); point !== -1; point = text.indexOf('.', point + 1)) {
    if (isDigit(text, point - 1) && isDigit(text, point + 1) && mayBeWhole(text, point)) return true
  }
  return EXPONENT.test(text)
}

function mayBeWhole(text: string, point: number): boolean {
  let end = point + 1
  while (text.charCodeAt(end) === ZERO) end++
  // If a quote follows the zeros, they are the end of a string, such as a timestamp, and not of a number.
  if (!isDigit(text, end)) return text[end] !== '"'
  let before = 1
  while (before < MIN_ROUNDED_DIGITS && isDigit(text, point - before - 1)) before++
  let after = 1
  while (after < MIN_ROUNDED_DIGITS && isDigit(text, point + after + 1)) after++
  return before === MIN_ROUNDED_DIGITS || after === MIN_ROUNDED_DIGITS
}

function isDigit(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= ZERO && unit <= NINE
}
