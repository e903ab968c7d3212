import { detectExact } from './exact-number.js'
import { Array, JSON } from './language.js'
import { holdsWord, writeFlat } from './write-flat.js'

/**
 * Values nested deeper than this are written on one line. Otherwise, the total indentation would grow with the square
 * of the depth.
 */
const MAX_INDENTED_DEPTH = 100

/**
 * Works like `JSON.stringify`, but writes numbers like Python's `json.dumps`: an `ExactNumber` as its source, and
 * `NaN`, `Infinity` and `-Infinity` as these words. Both `parseJson` and Python can read the result.
 *
 * @throws TypeError for a cycle or a BigInt, RangeError for excessive nesting, and any error of a getter
 */
export function stringifyJson(value: unknown, indent: 0 | 2 = 0): string | undefined {
  const { text, metExact } = detectExact(() => JSON.stringify(value, null, indent))
  // `JSON.stringify` writes null for `NaN` and `Infinity`, so each `null` in the text may have been such a number.
  const isExact = !metExact && !(text?.includes('null') && holdsWord(value))
  return isExact ? text : writeFlat(value, indent)
}

/**
 * Works like `stringifyJson`, but accepts any value. It writes a value without a JSON form as null, a cycle as
 * `"[circular]"` and a BigInt as a string. Values nested more than 100 levels deep are written on one line.
 */
export function jsonText(value: unknown, indent: 0 | 2): string {
  if (indent > 0 && !isIndentable(value, MAX_INDENTED_DEPTH)) return jsonText(value, 0)
  try {
    return stringifyJson(value, indent) ?? 'null'
  } catch {
    return writeFlat(value, indent)
  }
}

/** Returns whether a value has at most `levels` levels of nesting. Never recurses deeper than `levels`. */
export function isIndentable(value: unknown, levels = MAX_INDENTED_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (levels === 0) return false
  if (Array.isArray(value)) return value.every(member => isIndentable(member, levels - 1))
  for (const key in value) {
    if (!isIndentable((value as Record<string, unknown>)[key], levels - 1)) return false
  }
  return true
}
