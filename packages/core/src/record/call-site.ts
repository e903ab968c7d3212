import { asNumber } from '../json/index.js'
import { isSafeInteger } from '../json/language.js'
import { memberOf } from './attribute-value.js'

/**
 * The place in a program where a point was created. The call site of a framework layer is the place where the layer was
 * registered.
 */
export interface CallSite {
  /**
   * A path with `/`, relative to the program's root. Any program may have written the record, so the path may be any
   * text.
   */
  readonly file: string
  /** Line and column count from 1. */
  readonly line: number
  readonly column: number | undefined
  /** Name of the function that contains the line. */
  readonly function: string | undefined
}

const MAX_FILE_CHARS = 1_000
const MAX_FUNCTION_CHARS = 200
const MAX_POSITION = 10_000_000
/** Control characters, lone surrogates and line separators, which no recorder writes. */
const UNUSUAL_CHARACTERS = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u

/**
 * Reads a point's call site (`info.code` of the start record). Returns `undefined` if the point has no call site, or if
 * the file or line is invalid. An invalid column or function is left out.
 */
export function readCallSite(startInfo: unknown): CallSite | undefined {
  const code = memberOf(startInfo, 'code')
  const file = toShortText(memberOf(code, 'file'), MAX_FILE_CHARS)
  const line = toPosition(memberOf(code, 'line'))
  if (file === undefined || line === undefined) return undefined
  const column = toPosition(memberOf(code, 'column'))
  return { file, line, column, function: toShortText(memberOf(code, 'function'), MAX_FUNCTION_CHARS) }
}

function toShortText(value: unknown, maxChars: number): string | undefined {
  const isUsable =
    typeof value === 'string' && value !== '' && value.length <= maxChars && !UNUSUAL_CHARACTERS.test(value)
  return isUsable ? value : undefined
}

function toPosition(value: unknown): number | undefined {
  const number = asNumber(value)
  return number !== undefined && isSafeInteger(number) && number >= 1 && number <= MAX_POSITION ? number : undefined
}
