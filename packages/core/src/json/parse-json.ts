import { MIN_ALIKE } from './exact-number.js'
import { Array, isFinite, isInteger, isSafeInteger, JSON, Object } from './language.js'
import { readJson } from './read-json.js'

/** Deeper values are suspect: the look recurses. */
const MAX_DEPTH = 100

/**
 * The name of a member that is one escaped character, as Python writes `é`. V8 of Node 24 and 26 may read a backslash in
 * its place: `JSON.parse('{"a":1,"\\u0041":1}')` has the names `a` and `\\`.
 */
const ESCAPED_NAME = /"\\(?:u[\da-fA-F]{4}|[^u])"\s*:/

const PLAIN = 0
const HAS_INTEGERS = 1
const SUSPECT = 2

/**
 * The value of a JSON text as Python's `json.loads` reads it: with `NaN`, `Infinity` and `-Infinity`, and with an
 * `ExactNumber` for each number that JavaScript would write in another way.
 *
 * The native parser reads every text first. The slower one of this project is for the few texts whose numbers, or whose
 * refusal, say that they may hold more.
 *
 * @throws SyntaxError where the text is none of Python's JSON
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
  return isSafe && isPlain(value, text) ? value : readJson(text)
}

/** Whether no other value can have been meant. */
function isPlain(value: unknown, text: string): boolean {
  if (typeof value === 'number') return false
  const look = lookAt(value, MAX_DEPTH)
  return look === PLAIN || (look === HAS_INTEGERS && !mayHoldWholeFloat(text))
}

/** What the numbers in a value say of the text that the value was read from. */
function lookAt(value: unknown, depth: number): number {
  if (typeof value === 'number') return lookAtNumber(value)
  return typeof value === 'object' && value !== null ? lookInto(value, depth) : PLAIN
}

/** Most texts pass here, and most values are strings: strings cost no call. */
function lookInto(container: object, depth: number): number {
  if (depth === 0) return SUSPECT
  let look = PLAIN
  if (Array.isArray(container)) {
    for (const value of container as readonly unknown[]) {
      if (typeof value === 'string') continue
      const found = lookAt(value, depth - 1)
      if (found > look) look = found
    }
    return look
  }
  // Members that are inherited are looked at too, and do no harm.
  for (const name in container) {
    const value = (container as Record<string, unknown>)[name]
    if (typeof value === 'string') continue
    const found = lookAt(value, depth - 1)
    if (found > look) look = found
  }
  return look
}

function lookAtNumber(value: number): number {
  if (isSafeInteger(value)) return Object.is(value, -0) ? SUSPECT : HAS_INTEGERS
  const isPlain = !isInteger(value) && isFinite(value) && (value >= MIN_ALIKE || value <= -MIN_ALIKE)
  return isPlain ? PLAIN : SUSPECT
}

/** A number with an exponent, or what looks like one in a string. */
const EXPONENT = /[\d.][eE][-+]?\d+[,}\]\s]/
const ZERO = 48
const NINE = 57
/** So many digits, on one side of the point at least, has a float that is rounded to an integer. */
const MANY_DIGITS = 9

/** Whether an integer of a text may be a float there, such as `1.0` or `1e3`. Strings may look like that too. */
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
  while (before < MANY_DIGITS && isDigit(text, point - before - 1)) before++
  let after = 1
  while (after < MANY_DIGITS && isDigit(text, point + after + 1)) after++
  return before === MANY_DIGITS || after === MANY_DIGITS
}

function isDigit(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= ZERO && unit <= NINE
}
