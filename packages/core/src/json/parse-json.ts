import { MIN_FLOAT_WITHOUT_EXPONENT } from './exact-number.js'
import { Array, isFinite, isInteger, isSafeInteger, JSON, Object } from './language.js'
import { readJson } from './read-json.js'

/** Deeper values are suspect, because `classifyMembers` recurses. */
const MAX_DEPTH = 100

// Matches a member name that is one escaped character, as Python writes `é`. V8 of Node 24 and 26 may read a backslash
// instead: `JSON.parse('{"a":1,"\\u0041":1}')` has the names `a` and `\\`.
const ESCAPED_NAME = /"\\(?:u[\da-fA-F]{4}|[^u])"\s*:/

const PLAIN = 0
const HAS_INTEGERS = 1
const SUSPECT = 2

/**
 * Parses JSON as Python's `json.loads` does: with `NaN`, `Infinity` and `-Infinity`, and with an `ExactNumber` for each
 * number that JavaScript would write differently. The native parser comes first. The slower parser of this project
 * reads only texts whose numbers, or whose refusal, say that they may hold more.
 *
 * @throws SyntaxError if the text is not JSON for Python
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

/** Returns whether the text can have meant no other value. */
function isUnambiguous(value: unknown, text: string): boolean {
  if (typeof value === 'number') return false
  const kind = classify(value, MAX_DEPTH)
  return kind === PLAIN || (kind === HAS_INTEGERS && !mayHoldWholeFloat(text))
}

/** Classifies a value by its numbers, which tell what else the text of the value may have held. */
function classify(value: unknown, depth: number): number {
  if (typeof value === 'number') return classifyNumber(value)
  return typeof value === 'object' && value !== null ? classifyMembers(value, depth) : PLAIN
}

/** Skips strings without a call: most values are strings, and most texts pass through here. */
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
  // Inherited members are looked at too, and do no harm.
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

/** Matches a number with an exponent, or text in a string that looks like one. */
const EXPONENT = /[\d.][eE][-+]?\d+[,}\]\s]/
const ZERO = 48
const NINE = 57
/** A float that is rounded to an integer has at least this many digits on one side of the point. */
const MIN_ROUNDED_DIGITS = 9

/** Returns whether an integer of a text may be a float, such as `1.0` or `1e3`. Strings may look like floats too. */
function mayHoldWholeFloat(text: string): boolean {
  for (let point = text.indexOf('.'); point !== -1; point = text.indexOf('.', point + 1)) {
    if (isDigit(text, point - 1) && isDigit(text, point + 1) && mayBeWhole(text, point)) return true
  }
  return EXPONENT.test(text)
}

function mayBeWhole(text: string, point: number): boolean {
  let end = point + 1
  while (text.charCodeAt(end) === ZERO) end++
  // A quote after the zeros ends a timestamp.
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
