import { Math, RegExp, String } from '../../platform/platform.js'
import { isSecretName } from '../names/secret-names.js'
import { forEachMatch, hideGroups, hideSpan, type Span } from '../values/text-spans.js'
import { readValueAt } from '../values/values-in-text.js'

const STRING_AHEAD = `(?=(?:[eEnNbBxX]|[uU]&)?["'])`
const OPERATOR = new RegExp(
  String.raw`(?:\b(?:in\s{0,4}\(|r?i?like|regexp|between|distinct\s{1,4}from)|<>|!=|<=>)\s{0,4}${STRING_AHEAD}`,
  'gi',
)
const NEXT_VALUE = new RegExp(String.raw`\s{0,4}(?:,|\band\b)\s{0,4}${STRING_AHEAD}`, 'iy')
const REVERSED_COMPARISON = /'\s{0,4}(?:=|<>|!=)\s{0,4}["`]?(?:\w{1,64}\.)?(\w{2,64})/g
const MAX_CHARS_BEFORE_OPERATOR = 96
const MAX_REVERSED_CHARS = 256
// Matches the message with which PostgreSQL and other databases report that a row already exists.
const EXISTING_ROW = /\bKey \(([\w", ]{1,256})\)=\(/g
const JWK_PRIVATE_MEMBER = /"(?:d|k|p|q|dp|dq|qi)"\s{0,4}:\s{0,4}"([\w-]+)(?=")/g

/**
 * Finds secrets in SQL comparisons with an operator other than `=`, such as `token IN ('x')` and `token <> 'x'`. Also
 * finds secrets in reversed comparisons such as `'x' = token`.
 */
export function findComparisons(text: string, spans: Span[]): void {
  forEachMatch(OPERATOR, text, ({ index }) => {
    if (isSecretName(readNameBefore(text, index))) OPERATOR.lastIndex = hideList(text, OPERATOR.lastIndex, spans)
  })
  forEachMatch(REVERSED_COMPARISON, text, ({ 1: name = '', index }) => {
    if (!isSecretName(name)) return
    const before = text.slice(Math.max(0, index - MAX_REVERSED_CHARS), index)
    const quote = before.lastIndexOf("'")
    if (quote !== -1) hideSpan(spans, index - before.length + quote + 1, index)
  })
}

function readNameBefore(text: string, end: number): string {
  const words = text
    .slice(Math.max(0, end - MAX_CHARS_BEFORE_OPERATOR), end)
    .replace(/["`[\]]/g, '')
    .split(/\s/)
    .filter(word => word !== '' && !/^(?:is|not|binary)$/i.test(word))
  return words.at(-1) ?? ''
}

/** Hides the values of a list. Returns the end of the last value. */
function hideList(text: string, from: number, spans: Span[]): number {
  let at = from
  for (;;) {
    const value = readValueAt(text, at)
    if (value === undefined) return at
    for (const { start, end } of value.spans) hideSpan(spans, start, end)
    const isClosed = /["']/.test(text[value.end] ?? '')
    NEXT_VALUE.lastIndex = isClosed ? value.end + 1 : value.end
    if (!NEXT_VALUE.test(text)) return Math.max(from, value.end)
    at = NEXT_VALUE.lastIndex
  }
}

/** Finds the values in `Key (api_key)=(x) already exists.`, and the private members of a JSON Web Key. */
export function findDetails(text: string, spans: Span[]): void {
  if (text.includes('"kty"')) hideGroups(JWK_PRIVATE_MEMBER, text, spans)
  if (!text.includes('Key (')) return
  forEachMatch(EXISTING_ROW, text, ([, names = '']) => {
    if (!names.split(/[", ]+/).some(isSecretName)) return
    const start = EXISTING_ROW.lastIndex
    const end = text.indexOf(')', start)
    const messageAt = text.slice(start, start + 1_024).search(/\) (?:already|is |conflicts)/)
    const close = messageAt === -1 ? end : start + messageAt
    hideSpan(spans, start, close === -1 ? text.length : close)
  })
}
