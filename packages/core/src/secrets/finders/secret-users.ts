import { Math, Set } from '../../platform/platform.js'
import { hide, type Span } from '../values/text-spans.js'

// URLs of these schemes often have an `@` in their paths: `/@scope/package`.
const WEB = new Set(['http', 'https', 'ws', 'wss', 'ftp', 'git', 'ssh'])
const END_OF_RUN = /[\s"'<>`]|$/g
const MAX_PASSWORD = 1_024
const MAX_SCHEME = 20
const MAX_PATH = 256
const MAX_PORT = 256

/** A stretch of text without blanks or quotes. */
interface Run {
  readonly runEnd: number
  /** Place of the next `@`, perhaps of another address. */
  readonly nextAt: number
  /** Whether the text was cut inside the run. */
  readonly goesOn: boolean
  readonly nextSign: NextSign
}

/** Returns the place of the next `?`, or of the next `@` that may end a password. `from` never decreases. */
type NextSign = (from: number) => number

function createNextSign(text: string): NextSign {
  let sign = -1
  return from => {
    if (sign >= from) return sign
    for (sign = from; sign < text.length; sign++) {
      const code = text.charCodeAt(sign)
      // `/@scope/package` is a path.
      if (code === 63 || (code === 64 && text.charCodeAt(sign - 1) !== 47)) break
    }
    return sign
  }
}

/** Finds users and passwords in URLs. If the text was `cut`, the `@` behind a password may be missing. */
export function findUsers(text: string, spans: Span[], cut: boolean): void {
  let runEnd = -1
  let nextAt = -1
  let from = 0
  const nextSign = createNextSign(text)
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', from)) {
    from = at + 3
    if (nextAt < at + 3) {
      nextAt = text.indexOf('@', at + 3)
      if (nextAt === -1) nextAt = text.length
    }
    if (nextAt === text.length && !cut) return
    if (runEnd < at + 3) {
      END_OF_RUN.lastIndex = at + 3
      runEnd = END_OF_RUN.exec(text)?.index ?? text.length
    }
    const goesOn = cut && runEnd === text.length
    // The hidden part is not read again, because thousands of addresses may begin in it.
    if (nextAt < runEnd || goesOn)
      from = Math.max(from, findUser(text, spans, at, { runEnd, nextAt, goesOn, nextSign }))
  }
}

/** Returns the end of the hidden part of an address, or the place from which the address was read. */
function findUser(text: string, spans: Span[], at: number, run: Run): number {
  const { runEnd, nextAt, goesOn } = run
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
    // The password contains a sign that should have been escaped, such as a slash.
    if (nextAt < runEnd && nextAt - colon < MAX_PASSWORD) lastAt = nextAt
    else {
      if (goesOn) hide(spans, colon + 1, runEnd)
      return goesOn ? runEnd : start
    }
  }
  if (colon !== -1 || !WEB.has(schemeBefore(text, at))) lastAt = lastBeforeQuery(text, lastAt, run)
  hide(spans, colon === -1 ? start : colon + 1, lastAt)
  return lastAt
}

function isPort(text: string, start: number, end: number): boolean {
  if (end - start > MAX_PORT) return false
  return /^\d{0,5}(?:[,)\]}].*)?$/.test(text.slice(start, end))
}

function lastBeforeQuery(text: string, from: number, { runEnd, nextSign }: Run): number {
  const end = Math.min(runEnd, from + MAX_PATH)
  let last = from
  for (let sign = nextSign(from + 1); sign < end && text.charCodeAt(sign) === 64; sign = nextSign(sign + 1)) last = sign
  return last
}

function schemeBefore(text: string, at: number): string {
  let start = at
  while (start > 0 && at - start < MAX_SCHEME && /[a-z0-9]/i.test(text[start - 1] as string)) start--
  return text.slice(start, at).toLowerCase()
}
