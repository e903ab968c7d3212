import { Math } from '../../platform/platform.js'
import { findBareEnd, findBracketsEnd, findQuotedEnd, isNoValue } from './bare-values.js'
import { isBlank, isLineEnd, isQuote } from './characters.js'
import type { Span } from './text-spans.js'
import { readYamlBlock } from './yaml-blocks.js'

/** The parts of a value that must be hidden, and the end of the value. */
export interface ValueInText {
  readonly spans: readonly Pick<Span, 'start' | 'end'>[]
  readonly end: number
}

/** The name before a value, and the surroundings of the name, as `findPairs` reads them. */
export interface ValuePlace {
  readonly name: string
  readonly quote: number
  readonly inUrl: boolean
  readonly beginsLine: boolean
  readonly hasSpaceBefore: boolean
}

// Matches headers whose value is the rest of the line.
const HEADER_NAMES = /^(?:proxy-|x-)?authori[sz]ation$|^(?:set-)?cookie2?$/i
const FUNCTION_CALL = /[A-Za-z_][\w.]{0,63}\(/y
const MAX_CALL_CHARS = 512
const PREFIXED = /^(?:[bBeEnNrRuUxX]|[uU]&)(?=['"])/
const TRIPLE = '"""'
// Matches the keyword in `password = BINARY '...'` and `_utf8 '...'`.
const KEYWORD = /(?:binary|_[a-z]\w{2,15})\s{1,4}(?=['"])/iy

/** Reads the value after the `=` or `:` at index `sign`. */
export function readValue(text: string, sign: number, place: ValuePlace): ValueInText | undefined {
  const isEquals = text.charCodeAt(sign) === 61
  let start = sign + 1
  // The sign may be longer, as in `==`, `=>` and `:=`.
  while (start < sign + 3 && (text.charCodeAt(start) === 61 || text.charCodeAt(start) === 62)) start++
  const afterSign = start
  start = skipBlanks(text, start)
  const hasSpaceBefore = place.hasSpaceBefore || start > afterSign
  KEYWORD.lastIndex = start
  if (hasSpaceBefore && isEquals && KEYWORD.test(text)) start = KEYWORD.lastIndex
  const quote = findQuoteAt(text, start)
  if (quote !== undefined) return readQuoted(text, quote)
  if (start >= text.length) return undefined
  const block = isEquals ? undefined : readYamlBlock(text, start)
  if (block !== undefined) return block
  if (hasSpaceBefore && isEquals) {
    const call = readCall(text, start)
    if (call !== undefined) return call
  }
  const isRestOfLine = !place.inUrl && HEADER_NAMES.test(place.name)
  const mayHoldBlanks = !place.inUrl && (place.beginsLine || place.quote !== 0) && isEquals && !place.hasSpaceBefore
  const end = findBareEnd(text, start, { inUrl: place.inUrl, mayHoldBlanks, isRestOfLine, outerQuote: place.quote })
  if (end <= start || (!place.inUrl && isNoValue(text.slice(start, Math.min(end, start + 65)), hasSpaceBefore)))
    return undefined
  return { spans: [{ start, end }], end }
}

/** Reads the value at an index, with or without quotes. */
export function readValueAt(text: string, at: number): ValueInText | undefined {
  const quote = findQuoteAt(text, at)
  if (quote !== undefined) return readQuoted(text, quote)
  const end = findBareEnd(text, at, { inUrl: false, mayHoldBlanks: false, isRestOfLine: false, outerQuote: 0 })
  return end > at ? { spans: [{ start: at, end }], end } : undefined
}

/** Skips spaces and tabs. Also skips line ends before a quote, because a JSON member's value may be on a later line. */
export function skipBlanks(text: string, from: number): number {
  let at = from
  while (isBlank(text.charCodeAt(at))) at++
  if (!isLineEnd(text.charCodeAt(at))) return at
  let next = at
  while (isBlank(text.charCodeAt(next)) || isLineEnd(text.charCodeAt(next))) next++
  return findQuoteAt(text, next) === undefined ? at : next
}

/** Returns the index of the quote that opens a string at `start`, possibly after a prefix and backslashes. */
function findQuoteAt(text: string, start: number): number | undefined {
  // Python and SQL put a letter before some quotes.
  let at = start + (PREFIXED.exec(text.slice(start, start + 3))?.[0].length ?? 0)
  while (at < start + 64 && text.charCodeAt(at) === 92) at++
  return isQuote(text.charCodeAt(at)) ? at : undefined
}

function readQuoted(text: string, quote: number): ValueInText {
  if (text.startsWith(TRIPLE, quote)) {
    const close = text.indexOf(TRIPLE, quote + 3)
    const end = close === -1 ? text.length : close
    return { spans: [{ start: quote + 3, end }], end }
  }
  const end = findQuotedEnd(text, quote)
  const isClosed = end > quote + 1 && text.charCodeAt(end - 1) === text.charCodeAt(quote)
  let close = isClosed ? end - 1 : end
  while (isClosed && close > quote + 1 && text.charCodeAt(quote - 1) === 92 && text.charCodeAt(close - 1) === 92)
    close--
  return { spans: [{ start: quote + 1, end: close }], end }
}

/** Finds the strings in a call to an SQL function: `crypt('...', gen_salt('bf'))`. */
function readCall(text: string, start: number): ValueInText | undefined {
  FUNCTION_CALL.lastIndex = start
  if (!FUNCTION_CALL.test(text)) return undefined
  const open = FUNCTION_CALL.lastIndex - 1
  const within = text.slice(0, open + MAX_CALL_CHARS)
  const end = findBracketsEnd(within, open)
  if (text[end - 1] !== ')') return undefined
  const spans: { start: number; end: number }[] = []
  for (let at = open; at < end; at++) {
    if (text.charCodeAt(at) !== 39 && text.charCodeAt(at) !== 34) continue
    const quoted = readQuoted(text, at)
    spans.push(...quoted.spans)
    at = quoted.end - 1
  }
  return { spans, end: spans.length === 0 ? open + 1 : end }
}
