import { cutText } from '../platform/cut-text.js'
import { encodeURIComponent, Set } from '../platform/platform.js'
import { findBareUsers } from './finders/bare-users.js'
import { findComparisons, findDetails } from './finders/secret-comparisons.js'
import { findPairs } from './finders/secret-pairs.js'
import { findSecretPaths } from './finders/secret-paths.js'
import {
  findCommands,
  findElements,
  findFlags,
  findIdentified,
  findPragmaKeys,
  findQuoted,
  findSchemes,
} from './finders/secret-phrases.js'
import { findSentences, mayHaveSentence } from './finders/secret-sentences.js'
import { findKeyBlocks, findShapes } from './finders/secret-shapes.js'
import { findUsers } from './finders/secret-users.js'
import * as SIGN from './finders/signs-of-secrets.js'
import { isHarmlessInUrl } from './names/harmless-values.js'
import { isSecretInUrl, REDACTED } from './names/secret-names.js'
import { decodeEscapes } from './values/decode-escapes.js'
import { findListLabels } from './values/labels-in-lists.js'
import { forEachMatch, replaceSpans, type Span } from './values/text-spans.js'

/** A secret together with its name has at least this length. */
const MIN_SECRET_CHARS = 4
/** This many characters after a cut are read, to determine whether the cut is inside a secret. */
const LOOK_AHEAD_CHARS = 300
const MAX_DEPTH = 4
const NO_SPANS: Span[] = []
// Matches an escape in a part that may contain an escaped text, such as a URL in a URL, or JSON in a query.
const ESCAPED = /%(?:25){0,3}[2-7][\da-f]/i
const URL_PART = /[^\s&=?#"'<>;,/]+/g
// The length of the shortest escaped secret, such as `pw%3Dx`.
const MIN_ESCAPED_CHARS = 6

/** Returns a text without its secrets, cut to `length` characters. The time is linear in the text's length. */
export function redactText(text: string, length: number): string {
  if (text.length < MIN_SECRET_CHARS || cleanTexts.has(text)) return cutText(text, length)
  const isCut = text.length > length
  const read = isCut ? text.slice(0, length + LOOK_AHEAD_CHARS) : text
  const spans = findSecrets(read, isCut, 0)
  if (spans.length === 0) {
    rememberAsClean(text)
    return cutText(text, length)
  }
  if (!isCut) return redactAgain(read, spans)
  // The result is cut again, because the replacement of a part may be longer than the part itself.
  const shown = replaceSpans(read, spans, length).slice(0, length + REDACTED.length)
  return `${shown.replace(/[\ud800-\udbff]$/, '')}...`
}

/**
 * Texts without secrets are remembered, because an application records the same statements, names and paths many times.
 */
const MAX_REMEMBERED_TEXTS = 1_000
const MAX_REMEMBERED_TEXT_CHARS = 256
const cleanTexts = new Set<string>()

function rememberAsClean(text: string): void {
  if (text.length > MAX_REMEMBERED_TEXT_CHARS) return
  if (cleanTexts.size >= MAX_REMEMBERED_TEXTS) cleanTexts.clear()
  cleanTexts.add(text)
}

/** Returns a query string without its secrets: `page=2&access_token=***&sig=***`. */
export function redactQuery(query: string): string {
  return query.includes('=') ? redactParts(query, 0) : query
}

function redactParts(query: string, depth: number): string {
  let changed = false
  const parts = query.split('&').map(part => {
    const sign = part.indexOf('=')
    if (sign <= 0) return part
    const value = part.slice(sign + 1)
    const name = part.slice(0, sign)
    const hidden = isSecretInUrl(name) && value !== '' && !isHarmlessInUrl(name, value)
    const shown = hidden ? REDACTED : redactInner(value, depth)
    changed ||= shown !== value
    return `${part.slice(0, sign + 1)}${shown}`
  })
  return changed ? parts.join('&') : query
}

function redactInner(value: string, depth: number): string {
  const spans = findSecrets(value, false, depth)
  return spans.length === 0 ? value : replaceSpans(value, spans, value.length)
}

const MAX_REDACTED_AGAIN_CHARS = 256
// A second redaction may change a text with a command or an escape. A command or an escape is read to its end, which
// may include a part that is already hidden.
const MAY_CHANGE_AGAIN = /%|PASS|AUTH|\*\*\*[^\s"'&;,]/

/** Redacts a redacted text until it no longer changes, so that later redactions leave it unchanged. */
function redactAgain(text: string, spans: Span[]): string {
  let shown = replaceSpans(text, spans, text.length)
  if (text.length > MAX_REDACTED_AGAIN_CHARS || !MAY_CHANGE_AGAIN.test(shown)) return shown
  for (let round = 0; round < 3; round++) {
    const more = findSecrets(shown, false, 0)
    const next = replaceSpans(shown, more, shown.length)
    if (next === shown) break
    shown = next
  }
  return shown
}

function findSecrets(text: string, isCut: boolean, depth: number): Span[] {
  const signs = SIGN.findSigns(text)
  if (signs === 0 && !mayHaveSentence(text)) return NO_SPANS
  const spans: Span[] = []
  if (signs & SIGN.PAIR) {
    findPairs(text, spans)
    findDetails(text, spans)
    if (signs & SIGN.SLASH && text.includes('://')) findUsers(text, spans, isCut)
  }
  if (signs & SIGN.LIST) findListLabels(text, spans)
  if (mayHaveSentence(text)) {
    findSentences(text, spans)
    findIdentified(text, spans)
  }
  if (signs & (SIGN.PAIR | SIGN.COMMAND)) findPragmaKeys(text, spans)
  if (signs & SIGN.AT && signs & (SIGN.PAIR | SIGN.SLASH)) findBareUsers(text, spans)
  if (signs & SIGN.LONG_WORD) findShapes(text, spans)
  if (signs & SIGN.SLASH) findSecretPaths(text, spans)
  if (signs & SIGN.SCHEME) findSchemes(text, spans)
  if (signs & SIGN.OPTION) {
    findFlags(text, spans)
    findKeyBlocks(text, spans)
  }
  if (signs & SIGN.QUOTED) {
    findQuoted(text, spans)
    findComparisons(text, spans)
  }
  if (signs & SIGN.ANGLE) findElements(text, spans)
  if (signs & (SIGN.COMMAND | SIGN.OPTION)) findCommands(text, spans)
  if (text.includes('&') && ENTITY.test(text) && depth < MAX_DEPTH) findEntities(text, spans, depth + 1)
  if (signs & SIGN.PERCENT && depth < MAX_DEPTH && ESCAPED.test(text)) findEscaped(text, spans, depth + 1)
  return spans
}

// HTML entities, which occur if HTML contains JSON or XML.
const ENTITY = /&(?:quot|apos|lt|gt|#34|#39|#61|#x22|#x27);/
const ENTITIES = /&(quot|apos|lt|gt|#34|#39|#61|#x22|#x27);/g
const CHARACTER_BY_ENTITY: Readonly<Record<string, string>> = {
  quot: '"',
  '#34': '"',
  '#x22': '"',
  lt: '<',
  gt: '>',
  '#61': '=',
}

function findEntities(text: string, spans: Span[], depth: number): void {
  const decoded = text.replace(ENTITIES, (_, name: string) => CHARACTER_BY_ENTITY[name] ?? "'")
  const redacted = redactInner(decoded, depth)
  if (redacted !== decoded) spans.push({ start: 0, end: text.length, shown: redacted })
}

function findEscaped(text: string, spans: Span[], depth: number): void {
  const parts: { start: number; part: string }[] = []
  forEachMatch(URL_PART, text, ({ 0: part, index: start }) => {
    if (part.length >= MIN_ESCAPED_CHARS && part.includes('%')) parts.push({ start, part })
  })
  for (const { start, part } of parts) {
    if (!ESCAPED.test(part)) continue
    const decoded = decodeEscapes(part)
    if (decoded === part) continue
    const redacted = redactInner(decoded, depth)
    if (redacted === decoded) continue
    spans.push({ start, end: start + part.length, shown: encodeURIComponent(redacted.toWellFormed()) })
  }
}
