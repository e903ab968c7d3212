import { cutText } from '../cut-text.js'
import { encodeURIComponent } from '../platform.js'
import { decodeEscapes } from './decode-escapes.js'
import { findBareUsers, findSecretPaths, findUsers } from './secret-addresses.js'
import { isSecretInUrl, REDACTED } from './secret-names.js'
import { findPairs } from './secret-pairs.js'
import { findCommands, findElements, findFlags, findSchemes, findSqlSecrets } from './secret-phrases.js'
import { findShapes } from './secret-shapes.js'
import { type Span, withoutSpans } from './spans.js'

/** No secret is shorter than this with its name or its look. */
const SHORTEST = 4
const SHORTEST_SHAPE = 16
/** What follows a text at which it was cut tells whether a secret was cut. */
const LOOK_AHEAD = 300
const MAX_DEPTH = 4
// Parts of a text that may hold something escaped: a URL in a URL, JSON in a query.
const ESCAPED = /%(?:25){0,3}(?:3[ad]|40|20|22)/i
const PART = /[^\s&=?#"'<>;,/]+/g

/** A text without the secrets in it, cut to `length` characters. Takes a time that grows with the text, and no faster. */
export function redactText(text: string, length: number): string {
  if (text.length < SHORTEST) return cutText(text, length)
  const isCut = text.length > length
  const read = isCut ? text.slice(0, length + LOOK_AHEAD) : text
  const spans = findSecrets(read, isCut, 0)
  if (spans.length === 0) return cutText(text, length)
  return isCut ? `${withoutSpans(read, spans, length).replace(/[\ud800-\udbff]$/, '')}...` : settle(read, spans)
}

/** A query string without its secrets: `page=2&access_token=***&sig=***`. */
export function redactQuery(query: string): string {
  return query.includes('=') ? redactParts(query, 0) : query
}

function redactParts(query: string, depth: number): string {
  let changed = false
  const parts = query.split('&').map(part => {
    const sign = part.indexOf('=')
    if (sign <= 0) return part
    const value = part.slice(sign + 1)
    const shown = isSecretInUrl(part.slice(0, sign)) && value !== '' ? REDACTED : redactInner(value, depth)
    changed ||= shown !== value
    return `${part.slice(0, sign + 1)}${shown}`
  })
  return changed ? parts.join('&') : query
}

function redactInner(value: string, depth: number): string {
  const spans = findSecrets(value, false, depth)
  return spans.length === 0 ? value : withoutSpans(value, spans, value.length)
}

/** What is hidden first may let more be known. */
function settle(text: string, spans: Span[]): string {
  let shown = withoutSpans(text, spans, text.length)
  for (let round = 0; round < 3; round++) {
    const more = findSecrets(shown, false, 0)
    const next = withoutSpans(shown, more, shown.length)
    if (next === shown) break
    shown = next
  }
  return shown
}

function findSecrets(text: string, isCut: boolean, depth: number): Span[] {
  const spans: Span[] = []
  const hasColon = text.includes(':')
  if (hasColon || text.includes('=')) findPairs(text, spans)
  if (hasColon) {
    if (text.includes('://')) findUsers(text, spans, isCut)
    if (text.includes('@')) findBareUsers(text, spans)
  }
  if (text.length >= SHORTEST_SHAPE) {
    findShapes(text, spans)
    if (text.includes('/')) findSecretPaths(text, spans)
  }
  findSchemes(text, spans)
  findFlags(text, spans)
  findSqlSecrets(text, spans)
  findElements(text, spans)
  findCommands(text, spans)
  if (depth < MAX_DEPTH && text.includes('%') && ESCAPED.test(text)) findEscaped(text, spans, depth + 1)
  return spans
}

function findEscaped(text: string, spans: Span[], depth: number): void {
  PART.lastIndex = 0
  const parts: { start: number; part: string }[] = []
  for (let match = PART.exec(text); match !== null; match = PART.exec(text)) {
    if (match[0].includes('%')) parts.push({ start: match.index, part: match[0] })
  }
  for (const { start, part } of parts) {
    if (!ESCAPED.test(part)) continue
    const decoded = decodeEscapes(part)
    if (decoded === part) continue
    const redacted = redactInner(decoded, depth)
    if (redacted === decoded) continue
    spans.push({ start, end: start + part.length, shown: encodeURIComponent(redacted.toWellFormed()) })
  }
}
