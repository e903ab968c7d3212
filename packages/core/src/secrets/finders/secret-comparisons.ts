import { Math, RegExp, String } from '../../platform/platform.js'
import { isSecretName } from '../names/secret-names.js'
import { eachMatch, hide, hideGroups, type Span } from '../values/text-spans.js'
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
// PostgreSQL and other databases report an existing row this way.
const DETAIL = /\bKey \(([\w", ]{1,256})\)=\(/g
const JWK = /"(?:d|k|p|q|dp|dq|qi)"\s{0,4}:\s{0,4}"([\w-]+)(?=")/g

/** Finds secrets that SQL compares in other ways than by `=`: `token IN ('x')`, `token <> 'x'`, `'x' = token`. */
export function findComparisons(text: string, spans: Span[]): void {
  eachMatch(OPERATOR, text, ({ index }) => {
    if (isSecretName(nameBefore(text, index))) OPERATOR.lastIndex = hideList(text, OPERATOR.lastIndex, spans)
  })
  eachMatch(REVERSED, text, ({ 1: name = '', index }) => {
    if (!isSecretName(name)) return
    const before = text.slice(Math.max(0, index - MAX_REVERSED), index)
    const quote = before.lastIndexOf("'")
    if (quote !== -1) hide(spans, index - before.length + quote + 1, index)
  })
}

function nameBefore(text: string, end: number): string {
  const words = text
    .slice(Math.max(0, end - MAX_BEFORE), end)
    .replace(/["`[\]]/g, '')
    .split(/\s/)
    .filter(word => word !== '' && !/^(?:is|not|binary)$/i.test(word))
  return words.at(-1) ?? ''
}

/** Returns where the last value of a list ends. */
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

/** Finds the values of `Key (api_key)=(x) already exists.`, and the private members of a JSON Web Key. */
export function findDetails(text: string, spans: Span[]): void {
  if (text.includes('"kty"')) hideGroups(JWK, text, spans)
  if (!text.includes('Key (')) return
  eachMatch(DETAIL, text, ([, names = '']) => {
    if (!names.split(/[", ]+/).some(isSecretName)) return
    const start = DETAIL.lastIndex
    const end = text.indexOf(')', start)
    const said = text.slice(start, start + 1_024).search(/\) (?:already|is |conflicts)/)
    const close = said === -1 ? end : start + said
    hide(spans, start, close === -1 ? text.length : close)
  })
}
