import { Math, RegExp, String } from '../../platform/platform.js'
import { isSecretName } from '../names/secret-names.js'
import { hide, type Span } from '../values/text-spans.js'
import { valueAt } from '../values/values-in-text.js'

const STRING = `(?=(?:[eEnNbBxX]|[uU]&)?["'])`
const OPERATOR = new RegExp(
  String.raw`(?:\b(?:in\s{0,4}\(|r?i?like|regexp|between|distinct\s{1,4}from)|<>|!=|<=>)\s{0,4}${STRING}`,
  'gi',
)
const NEXT = new RegExp(String.raw`\s{0,4}(?:,|\band\b)\s{0,4}${STRING}`, 'iy')
const REVERSED = /'\s{0,4}(?:=|<>|!=)\s{0,4}["`]?(?:\w{1,64}\.)?(\w{2,64})/g
const MAX_BEFORE = 96
const MAX_REVERSED = 256
// PostgreSQL and others, of a row that is there already.
const DETAIL = /\bKey \(([\w", ]{1,256})\)=\(/g
const JWK = /"(?:d|k|p|q|dp|dq|qi)"\s{0,4}:\s{0,4}"([\w-]+)"/g

/** Finds what SQL compares with a secret in other ways than by `=`: `token IN ('x')`, `token <> 'x'`, `'x' = token`. */
export function findComparisons(text: string, spans: Span[]): void {
  OPERATOR.lastIndex = 0
  for (let match = OPERATOR.exec(text); match !== null; match = OPERATOR.exec(text)) {
    if (!isSecretName(nameBefore(text, match.index))) continue
    OPERATOR.lastIndex = hideList(text, OPERATOR.lastIndex, spans)
  }
  REVERSED.lastIndex = 0
  for (let match = REVERSED.exec(text); match !== null; match = REVERSED.exec(text)) {
    if (!isSecretName(match[1] ?? '')) continue
    const before = text.slice(Math.max(0, match.index - MAX_REVERSED), match.index)
    const quote = before.lastIndexOf("'")
    if (quote !== -1) hide(spans, match.index - before.length + quote + 1, match.index)
  }
}

function nameBefore(text: string, end: number): string {
  const words = text
    .slice(Math.max(0, end - MAX_BEFORE), end)
    .replace(/["`[\]]/g, '')
    .split(/\s/)
    .filter(word => word !== '' && !/^(?:is|not|binary)$/i.test(word))
  return words.at(-1) ?? ''
}

/** Where the last of several values ends. */
function hideList(text: string, from: number, spans: Span[]): number {
  let at = from
  for (;;) {
    const value = valueAt(text, at)
    if (value === undefined) return at
    for (const { start, end } of value.spans) hide(spans, start, end)
    const isClosed = /["']/.test(text[value.end] ?? '')
    NEXT.lastIndex = isClosed ? value.end + 1 : value.end
    if (!NEXT.test(text)) return Math.max(from, value.end)
    at = NEXT.lastIndex
  }
}

/** Finds the values of `Key (api_key)=(x) already exists.`, and the private members of a key as JSON. */
export function findDetails(text: string, spans: Span[]): void {
  if (text.includes('Key (')) {
    DETAIL.lastIndex = 0
    for (let match = DETAIL.exec(text); match !== null; match = DETAIL.exec(text)) {
      if (!(match[1] ?? '').split(/[", ]+/).some(isSecretName)) continue
      const end = text.indexOf(')', DETAIL.lastIndex)
      const said = text.slice(DETAIL.lastIndex, DETAIL.lastIndex + 1_024).search(/\) (?:already|is |conflicts)/)
      const close = said === -1 ? end : DETAIL.lastIndex + said
      hide(spans, DETAIL.lastIndex, close === -1 ? text.length : close)
    }
  }
  if (!text.includes('"kty"')) return
  JWK.lastIndex = 0
  for (let match = JWK.exec(text); match !== null; match = JWK.exec(text)) {
    hide(spans, JWK.lastIndex - 1 - (match[1] ?? '').length, JWK.lastIndex - 1)
  }
}
