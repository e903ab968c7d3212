import { Math, Number, Set } from '../platform.js'
import { hide, type Span } from './spans.js'

// In the paths of these an `@` is common: `/@scope/package`.
const WEB = new Set(['http', 'https', 'ws', 'wss', 'ftp', 'git', 'ssh'])
const END_OF_RUN = /[\s"'<>`]|$/g
const MAX_PASSWORD = 1_024
const MAX_SCHEME = 20

/** Finds users and passwords in URLs. `cut` where the text goes on: the `@` behind a password may be missing. */
export function findUsers(text: string, spans: Span[], cut: boolean): void {
  let runEnd = -1
  let nextAt = -1
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
    const start = at + 3
    if (runEnd < start) {
      END_OF_RUN.lastIndex = start
      runEnd = END_OF_RUN.exec(text)?.index ?? text.length
    }
    if (nextAt !== Number.POSITIVE_INFINITY && nextAt < start) {
      nextAt = text.indexOf('@', start)
      if (nextAt === -1) nextAt = Number.POSITIVE_INFINITY
    }
    const goesOn = cut && runEnd === text.length
    if (nextAt >= runEnd && !goesOn) continue
    findUser(text, spans, { start, runEnd, nextAt, goesOn, web: WEB.has(schemeBefore(text, at)) })
  }
}

interface Address {
  readonly start: number
  readonly runEnd: number
  /** The first `@`, perhaps of another address. */
  readonly nextAt: number
  readonly goesOn: boolean
  readonly web: boolean
}

function findUser(text: string, spans: Span[], { start, runEnd, nextAt, goesOn, web }: Address): void {
  let colon = -1
  let lastAt = -1
  let end = start
  for (; end < runEnd; end++) {
    const character = text[end]
    if (character === '/' || character === '?' || character === '#') break
    if (character === ':' && colon === -1 && lastAt === -1) colon = end
    if (character === '@') lastAt = end
  }
  if (lastAt === -1) {
    if (colon === -1 || isPort(text.slice(colon + 1, end))) return
    // What should have been escaped stands in the password, a slash say.
    if (nextAt < runEnd && nextAt - colon < MAX_PASSWORD) lastAt = nextAt
    else if (goesOn) return hide(spans, colon + 1, runEnd)
    else return
  }
  if (!web) lastAt = lastBeforeQuery(text, lastAt, runEnd)
  hide(spans, colon === -1 ? start : colon + 1, lastAt)
}

function isPort(text: string): boolean {
  return /^\d{0,5}(?:[,)\]}]|$)/.test(text)
}

function lastBeforeQuery(text: string, from: number, runEnd: number): number {
  const rest = text.slice(from, Math.min(runEnd, from + MAX_PASSWORD / 4))
  const query = rest.indexOf('?')
  return from + rest.slice(0, query === -1 ? undefined : query).lastIndexOf('@')
}

function schemeBefore(text: string, at: number): string {
  return /[a-z][a-z0-9]*$/i.exec(text.slice(Math.max(0, at - MAX_SCHEME), at))?.[0].toLowerCase() ?? ''
}
