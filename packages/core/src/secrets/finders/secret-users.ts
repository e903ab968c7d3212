import { Math, Set } from '../../platform/platform.js'
import { hideSpan, type Span } from '../values/text-spans.js'

// URLs with these schemes often have an `@` in their paths, as in `/@scope/package`.
const WEB_SCHEMES = new Set(['http', 'https', 'ws', 'wss', 'ftp', 'git', 'ssh'])
const RUN_END = /[\s"'<>`]|$/g
const MAX_PASSWORD_CHARS = 1_024
const MAX_SCHEME_CHARS = 20
const MAX_PATH_CHARS = 256
const MAX_PORT_CHARS = 256

/** A part of a text without spaces or quotes. */
interface Run {
  readonly runEnd: number
  /** The index of the next `@`, which may belong to another address. */
  readonly nextAt: number
  /** Whether this part was cut off at the end of the text. */
  readonly isCutOff: boolean
  readonly findNextSign: FindNextSign
}

/**
 * Returns the index of the next `?`, or of the next `@` that may end a password. `from` must not decrease between
 * calls.
 */
type FindNextSign = (from: number) => number

function createNextSignSearch(text: string): FindNextSign {
  let sign = -1
  return from => {
    if (sign >= from) return sign
    for (sign = from; sign < text.length; sign++) {
      const code = text.charCodeAt(sign)
      // In `/@scope/package`, the `@` belongs to a path.
      if (code === 63 || (code === 64 && text.charCodeAt(sign - 1) !== 47)) break
    }
    return sign
  }
}

/** Finds users and passwords in URLs. If `isCut` is true, the `@` after a password may have been cut off. */
export function findUsers(text: string, spans: Span[], isCut: boolean): void {
  let runEnd = -1
  let nextAt = -1
  let from = 0
  const findNextSign = createNextSignSearch(text)
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', from)) {
    from = at + 3
    if (nextAt < at + 3) {
      nextAt = text.indexOf('@', at + 3)
      if (nextAt === -1) nextAt = text.length
    }
    if (nextAt === text.length && !isCut) return
    if (runEnd < at + 3) {
      RUN_END.lastIndex = at + 3
      runEnd = RUN_END.exec(text)?.index ?? text.length
    }
    const isCutOff = isCut && runEnd === text.length
    // The search continues after the hidden part, because reading thousands of `://` in this part would take long.
    if (nextAt < runEnd || isCutOff)
      from = Math.max(from, findUserInAddress(text, spans, at, { runEnd, nextAt, isCutOff, findNextSign }))
  }
}

/** Hides the password or user in an address. Returns the end of the hidden part, or the beginning of the address. */
function findUserInAddress(text: string, spans: Span[], at: number, run: Run): number {
  const { runEnd, nextAt, isCutOff } = run
  const start = at + 3
  let colon = -1
  let lastAt = -1
  let end = start
  for (; end < runEnd; end++) {
    const code = text.charCodeAt(end)
    if (code === 47 || code === 63 || code === 35) break
    if (code === 58 && colon === -1 && lastAt === -1) colon = end
    else if (code === 64) lastAt = end
  }
  if (lastAt === -1) {
    if (colon === -1 || isPort(text, colon + 1, end)) return start
    // If another `@` follows, the password contains a character that should have been escaped, such as a slash.
    if (nextAt < runEnd && nextAt - colon < MAX_PASSWORD_CHARS) lastAt = nextAt
    else {
      if (isCutOff) hideSpan(spans, colon + 1, runEnd)
      return isCutOff ? runEnd : start
    }
  }
  if (colon !== -1 || !WEB_SCHEMES.has(readSchemeBefore(text, at))) lastAt = findLastAtBeforeQuery(text, lastAt, run)
  hideSpan(spans, colon === -1 ? start : colon + 1, lastAt)
  return lastAt
}

function isPort(text: string, start: number, end: number): boolean {
  if (end - start > MAX_PORT_CHARS) return false
  return /^\d{0,5}(?:[,)\]}].*)?$/.test(text.slice(start, end))
}

function findLastAtBeforeQuery(text: string, from: number, { runEnd, findNextSign }: Run): number {
  const end = Math.min(runEnd, from + MAX_PATH_CHARS)
  let last = from
  for (let sign = findNextSign(from + 1); sign < end && text.charCodeAt(sign) === 64; sign = findNextSign(sign + 1))
    last = sign
  return last
}

function readSchemeBefore(text: string, at: number): string {
  let start = at
  while (start > 0 && at - start < MAX_SCHEME_CHARS && /[a-z0-9]/i.test(text[start - 1] as string)) start--
  return text.slice(start, at).toLowerCase()
}
