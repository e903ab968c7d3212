import { noticeExact } from './exact-number.js'
import { Array, JSON } from './language.js'
import { holdsWord, writeFlat } from './write-flat.js'

/** Deeper values stand on one line: their indentation would grow with the square of the depth. */
const MAX_INDENTED_DEPTH = 100

/**
 * As `JSON.stringify`, with numbers as Python's `json.dumps` writes them: an `ExactNumber` by its source, and the words
 * `NaN`, `Infinity` and `-Infinity`. So `parseJson` and Python read what was written.
 *
 * @throws TypeError for a cycle and for a BigInt, RangeError for what is nested too deep, and what a getter throws
 */
export function stringifyJson(value: unknown, indent: 0 | 2 = 0): string | undefined {
  const { text, met } = noticeExact(() => JSON.stringify(value, null, indent))
  // `JSON.stringify` writes null in place of the words.
  const isExact = !met && !(text?.includes('null') && holdsWord(value))
  return isExact ? text : writeFlat(value, indent)
}

/**
 * As `stringifyJson`, for any value: what has no JSON is null, a cycle `"[circular]"`, a BigInt a text, and values nested
 * more than 100 deep stand on one line.
 */
export function jsonText(value: unknown, indent: 0 | 2): string {
  if (indent > 0 && !isIndentable(value, MAX_INDENTED_DEPTH)) return jsonText(value, 0)
  try {
    return stringifyJson(value, indent) ?? 'null'
  } catch {
    return writeFlat(value, indent)
  }
}

/** Whether a value has at most so many levels. The recursion goes no deeper than that. */
export function isIndentable(value: unknown, levels = MAX_INDENTED_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (levels === 0) return false
  if (Array.isArray(value)) return value.every(member => isIndentable(member, levels - 1))
  for (const key in value) {
    if (!isIndentable((value as Record<string, unknown>)[key], levels - 1)) return false
  }
  return true
}
