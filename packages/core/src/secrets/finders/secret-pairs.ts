import { Math } from '../../platform/platform.js'
import { isHarmlessInUrl, isHarmlessText } from '../names/harmless-values.js'
import { decodeName, getNameKind, isSecretInUrl, isSecretName } from '../names/secret-names.js'
import { countBackslashesBefore } from '../values/bare-values.js'
import { isBlank, isLineEnd, isNameCharacter, isQuote } from '../values/characters.js'
import { createLabels, type Labels } from '../values/labels-in-text.js'
import { hideSpan, type Span } from '../values/text-spans.js'
import { readValue, type ValueInText } from '../values/values-in-text.js'

const MAX_NAME_CHARS = 256
const SOURCE_FILE = /\.(?:[cm]?[jt]sx?|py|rb|go|java|kt|php|rs|cs|vue|svelte|cpp|c|h)$/
const EQUALS = 61
const COLON = 58

interface NameInText {
  readonly name: string
  readonly start: number
  /** The character code of the quote before the name, or 0. */
  readonly quote: number
  readonly inUrl: boolean
  /** Whether the name is at the beginning of a line, or follows a semicolon as in ADO connection strings. */
  readonly beginsLine: boolean
  readonly hasSpaceBefore: boolean
}

/**
 * Finds the value after a secret name and `=` or `:`, as in URLs, forms, JSON, headers, settings, connection strings
 * and sentences. Reads each character a bounded number of times, so the time is linear.
 */
export function findPairs(text: string, spans: Span[]): void {
  let equals = text.indexOf('=')
  let colon = text.indexOf(':')
  let from = 0
  let labels: Labels | undefined
  while (equals !== -1 || colon !== -1) {
    const isEquals = colon === -1 || (equals !== -1 && equals < colon)
    const at = isEquals ? equals : colon
    if (isEquals) equals = text.indexOf('=', at + 1)
    else colon = text.indexOf(':', at + 1)
    if (at < from || (!isEquals && isOtherColon(text, at)) || isPlaceholder(text, at + 1)) continue
    const found = readName(text, at, from)
    if (found === undefined) continue
    const kind = getNameKind(decodeName(found.name))
    if (kind === 'plain' || kind === 'described') continue
    if (isSecretHere(text, found, kind)) {
      if (isSourcePosition(text, found.name, at) || isParserError(text, found)) continue
      const value = readValue(text, at, found)
      if (value === undefined || isHarmlessValue(text, found, value)) continue
      for (const span of value.spans) hideSpan(spans, span.start, span.end)
      from = value.end
    } else if (kind === 'label' || kind === 'value') {
      labels ??= createLabels(text, spans)
      from = labels.read(found.name, kind, at)
    }
  }
}

function isHarmlessValue(text: string, { name, inUrl }: NameInText, { spans }: ValueInText): boolean {
  const [span] = spans
  if (span === undefined || spans.length > 1) return false
  // The content is cut, because longer values are never harmless.
  const content = text.slice(span.start, Math.min(span.end, span.start + MAX_NAME_CHARS + 1))
  return inUrl ? isHarmlessInUrl(name, content) : isHarmlessText(name, content)
}

/** Matches a source position in a stack trace, such as `/src/auth/token.js:12:3`. */
function isSourcePosition(text: string, name: string, sign: number): boolean {
  const code = text.charCodeAt(sign + 1)
  return text.charCodeAt(sign) === COLON && code >= 48 && code <= 57 && SOURCE_FILE.test(name)
}

/** Matches a parser's error message, such as `unexpected token: identifier`. */
function isParserError(text: string, { name, start }: NameInText): boolean {
  return name === 'token' && text.slice(start - 9, start) === 'expected '
}

/** Returns whether the colon belongs to `://` in a URL, or to `::` before a class member or in a cast. */
function isOtherColon(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1)
  return next === COLON || text.charCodeAt(at - 1) === COLON || (next === 47 && text.charCodeAt(at + 2) === 47)
}

/**
 * Returns whether a placeholder begins at an index, as in `= ?` and `= $1`. Placeholders are so frequent in statements
 * that the names before them are not read, which saves time.
 */
function isPlaceholder(text: string, from: number): boolean {
  const at = text.charCodeAt(from) === 32 ? from + 1 : from
  const code = text.charCodeAt(at)
  if (code === 63) return endsWord(text, at + 1)
  const digit = text.charCodeAt(at + 1)
  return code === 36 && digit >= 49 && digit <= 57 && endsWord(text, at + 2)
}

/** Returns whether there is a space, a comma, a closing bracket or the end of the text at an index. */
function endsWord(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return at >= text.length || code === 32 || code === 44 || code === 41 || code === 125
}

function isSecretHere(text: string, { name, start, inUrl, quote }: NameInText, kind: string): boolean {
  if (kind === 'secret') return true
  if (inUrl) return isSecretInUrl(name)
  if (quote !== 0 || !isBlank(text.charCodeAt(start - 1))) return false
  // The name may consist of two words, as in `API key: ...`.
  let from = start - 1
  while (from > 0 && start - from < 24 && isNameCharacter(text.charCodeAt(from - 1))) from--
  return isSecretName(text.slice(from, start + name.length))
}

function readName(text: string, at: number, from: number): NameInText | undefined {
  let end = at
  while (end > from && isBlank(text.charCodeAt(end - 1))) end--
  const hasSpaceBefore = end < at
  const isQuoted = end > from && isQuote(text.charCodeAt(end - 1))
  if (isQuoted) {
    end--
    end -= countBackslashesBefore(text, end)
  }
  let start = end
  while (start > from && end - start < MAX_NAME_CHARS && isNameCharacter(text.charCodeAt(start - 1))) start--
  if (end - start < 2) return undefined
  let name = text.slice(start, end)
  let inUrl = false
  let isEscaped = false
  let before = text.charCodeAt(start - 1)
  if (before === 92) {
    // Matches the escape of a line end, a tab, or a URL's `?` or `&`, as in JSON or source code.
    const escaped = /^(?:u00(3f|26)|u[\da-f]{4}|[nrt])(?=.)/i.exec(name)
    // In `C:\token`, `\t` is not a tab, so a secret name stays whole.
    if (!isSecretName(name)) name = name.slice(escaped?.[0].length ?? 0)
    inUrl = escaped?.[1] !== undefined
    isEscaped = escaped !== null
    before = 10
  }
  inUrl ||= before === 63 || before === 38 || before === 35 || isAfterAmpEntity(text, start)
  // A text with escapes, such as JSON, is inside quotes.
  const quote = isQuote(before) ? before : isEscaped ? 34 : 0
  let line = start - 1
  while (line >= from && isBlank(text.charCodeAt(line))) line--
  const last = line < 0 ? 10 : text.charCodeAt(line)
  const beginsLine = (quote === 0 || isEscaped) && !inUrl && (isLineEnd(last) || last === 59 || before === 10)
  if (!inUrl && start === 0) inUrl = isFormBody(text, at)
  return { name, start, quote, inUrl, beginsLine, hasSpaceBefore }
}

function isAfterAmpEntity(text: string, start: number): boolean {
  return text.charCodeAt(start - 1) === 59 && text.startsWith('&amp', start - 5)
}

/** Returns whether a text that begins with a name and `=` continues with `&` and another name, like a form. */
function isFormBody(text: string, at: number): boolean {
  return text.charCodeAt(at) === EQUALS && /=[^\s&]{0,4096}&[\w.%[\]-]{1,64}=/y.test(text.slice(at, at + 4200))
}
