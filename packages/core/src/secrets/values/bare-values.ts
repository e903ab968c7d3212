import { createWordSet } from '../names/name-words.js'
import { isSecretName } from '../names/secret-names.js'
import { isBlank, isLineEnd, isQuote } from './characters.js'

/** The surroundings of a value without quotes, which determine where the value ends. */
export interface BarePlace {
  /** Whether the value follows `?`, `&` or `#`. */
  readonly inUrl: boolean
  /** Whether the value may contain spaces, as in a line of an `.env` file or between semicolons. */
  readonly mayHoldBlanks: boolean
  /** Whether the value is the rest of the line, as in a header. */
  readonly isRestOfLine: boolean
  /** The character code of the quote before the name, which also ends the value. */
  readonly outerQuote: number
}

// Matches a character and the next name. The character may belong to a password, so it ends the value only if such a
// name follows.
const NEXT_NAME = /[&;,\s]\s{0,8}(?:amp;)?[\w.%[\]$-]{1,64}["']?\s{0,2}[=:]/y
const SEMICOLON = 59

/** Returns the index at which a value without quotes ends, for example at a space or before the next name. */
export function findBareEnd(
  text: string,
  start: number,
  { inUrl, mayHoldBlanks, isRestOfLine, outerQuote }: BarePlace,
): number {
  if (isRestOfLine) return findLineEnd(text, start, outerQuote)
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isLineEnd(code) || code === outerQuote) return at
    if (isBlank(code)) {
      if (!mayHoldBlanks || isNextName(text, at)) return at
    } else if (code === 38 || code === SEMICOLON || code === 44) {
      if ((inUrl && code === 38) || isNextName(text, at) || cannotContinue(text, at + 1)) return at
    } else if (code === 35) {
      if (inUrl) return at
    } else if (isClosingCharacter(code)) {
      if ((inUrl && isQuote(code)) || cannotContinue(text, at + 1)) return at
    } else if (code === 60) {
      if (inUrl || /[/a-zA-Z!]/.test(text[at + 1] ?? ' ')) return at
    } else if (code === 92) {
      if (endsEscaped(text, at + 1)) return at
    } else if (code === 40 || code === 91 || code === 123) {
      at = findBracketsEnd(text, at) - 1
    }
  }
  return text.length
}

function findLineEnd(text: string, start: number, outerQuote: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isLineEnd(code) || code === outerQuote || (code === 92 && endsEscaped(text, at + 1))) return at
  }
  return text.length
}

function isNextName(text: string, at: number): boolean {
  NEXT_NAME.lastIndex = at
  return NEXT_NAME.test(text)
}

// Matches `'"`)]}>`.
function isClosingCharacter(code: number): boolean {
  return isQuote(code) || code === 41 || code === 93 || code === 125 || code === 62
}

/** Returns whether a value cannot continue at an index. */
function cannotContinue(text: string, at: number): boolean {
  if (at >= text.length) return true
  const code = text.charCodeAt(at)
  return (
    isBlank(code) || isLineEnd(code) || isClosingCharacter(code) || code === 44 || code === SEMICOLON || code === 92
  )
}

/** Returns whether the character after a backslash ends the line, or a string in JSON. */
function endsEscaped(text: string, at: number): boolean {
  const next = text[at]
  if (next === 'r' || next === 'n') return /[A-Z"'\\]|$/.test(text[at + 1] ?? '"')
  return next === '"' && cannotContinue(text, at + 1)
}

// After one of these characters, a single quote opens a string. After any other character, it is an apostrophe.
const BEFORE_OPENING_QUOTE = '[{(,: '

/** Returns the end of a text in brackets. Skips strings. Returns the end of the whole text if no bracket closes it. */
export function findBracketsEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 40 || code === 91 || code === 123) depth++
    else if (code === 41 || code === 93 || code === 125) {
      depth--
      if (depth <= 0) return at + 1
    } else if (code === 34 || (code === 39 && BEFORE_OPENING_QUOTE.includes(text[at - 1] as string))) {
      at = findQuotedEnd(text, at) - 1
    }
  }
  return text.length
}

/** Returns the index after the closing quote. In nested JSON, quotes with more backslashes belong to the value. */
export function findQuotedEnd(text: string, quote: number): number {
  const mark = text.charCodeAt(quote)
  const escapes = countBackslashesBefore(text, quote)
  for (let at = quote + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 92 && escapes === 0) at++
    else if (code === mark) {
      const escapesHere = escapes === 0 ? 0 : countBackslashesBefore(text, at)
      if (escapesHere > escapes) continue
      // In SQL, a doubled quote is part of the value.
      if (escapes === 0 && text.charCodeAt(at + 1) === mark && (mark === 39 || isDoubledInAdo(text, quote, at))) at++
      else return at + 1
    }
  }
  return text.length
}

/** Matches a doubled quote inside quotes, as in `Password="a""b"`. */
function isDoubledInAdo(text: string, quote: number, at: number): boolean {
  return at > quote + 1 && text.charCodeAt(quote - 1) === 61 && /\w/.test(text[at + 2] ?? '')
}

/** Counts the backslashes before a quote, up to 64. Their number shows how deeply JSON is nested in a text. */
export function countBackslashesBefore(text: string, at: number): number {
  let count = 0
  while (count < 64 && text.charCodeAt(at - 1 - count) === 92) count++
  return count
}

const NO_VALUE_WORDS = createWordSet(
  'yes no true false null none nil undefined on off empty missing required invalid expired unknown unset hidden masked redacted is was are were must not cannot can to for and or with of in the a an has option flag argument authentication',
)
// Matches `?`, `$1`, `:1`, `%s`, and names such as `:password` and `$token`.
const PLACEHOLDER = /^(?:\?|[$:?@]\d{1,5}|%s|%\(\w+\)s|(?:[:@$]|@@)([A-Za-z_]\w*))(?:::[\w[\]]+)?[,)]*$/
// Matches `{$gt: ?}` in a MongoDB statement.
const QUERY_SHAPE = /^\{\$?[\w.]+: \?(?:, \$?[\w.]+: \?)*\}+\]?$/
const REFERENCE = /^["`]?[A-Za-z_]\w*["`]?\.["`]?([A-Za-z_]\w*)["`]?$/

/**
 * Returns whether a text without quotes is not a value, but a word in a sentence, a placeholder, or a column in SQL.
 */
export function isNoValue(value: string, hasSpaceBefore: boolean): boolean {
  if (value.length > 64) return false
  if (NO_VALUE_WORDS.has(value.toLowerCase())) return true
  if (value.length < 4 && !/[\p{L}\p{N}]/u.test(value)) return true
  if (QUERY_SHAPE.test(value)) return true
  const placeholder = PLACEHOLDER.exec(value)
  if (placeholder !== null) return placeholder[1] === undefined || isSecretName(placeholder[1])
  const column = hasSpaceBefore ? REFERENCE.exec(value)?.[1] : undefined
  return column !== undefined && isSecretName(column)
}
