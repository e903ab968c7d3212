import { Math, Number, Set } from '../platform.js'
import { isSecretName } from './secret-names.js'
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

// go-sql-driver, `user:password@tcp(host)/db`; without a user or with a port, `:password@host`, `bob:password@host:6379`.
const DRIVER = /@(?:tcp|udp|unix|tcp4|tcp6)\(/g
const BARE_USER =
  /(?<![\w./@%+$-])([\w.%+$-]{0,64}):([^\s@:/"'<>`=]{1,256})@[\w.-]{1,253}(?::\d{2,5}(?!\d)|\/|(?<=^:[^]*)$)/g
const ORACLE =
  /(?<=\boracle:(?:thin|oci):[\w$]{1,64}\/)[^\s"'<>]{1,128}(?=@)|(?<=\bsqlplus [\w$]{1,64}\/)[^\s"'<>]{1,128}(?=@)/g
const NO_USERS = new Set('mailto sip sips xmpp acct npm yarn pnpm workspace file link portal patch jsr git'.split(' '))

/** Finds the passwords of addresses that have no scheme. */
export function findBareUsers(text: string, spans: Span[]): void {
  let from = 0
  for (let match = execFrom(DRIVER, text, 0); match !== null; match = DRIVER.exec(text)) {
    let start = match.index
    while (start > from && match.index - start < MAX_PASSWORD && !/[\s"'<>`]/.test(text[start - 1] as string)) start--
    const colon = text.indexOf(':', start)
    if (colon !== -1 && colon < match.index) hide(spans, colon + 1, match.index)
    from = DRIVER.lastIndex
  }
  for (let match = execFrom(BARE_USER, text, 0); match !== null; match = BARE_USER.exec(text)) {
    const [, user = '', password = ''] = match
    const start = match.index + user.length + 1
    if (!NO_USERS.has(user.toLowerCase())) hide(spans, start, start + password.length)
  }
  if (!text.includes('oracle:') && !text.includes('sqlplus')) return
  for (let match = execFrom(ORACLE, text, 0); match !== null; match = ORACLE.exec(text)) {
    hide(spans, match.index, ORACLE.lastIndex)
  }
}

/** Addresses that are secrets themselves: whoever knows the end of the path may post there. */
const POSTS =
  /(?:hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/|api\.telegram\.org\/(?:file\/)?bot(?=[^\s/"']{1,128}\/?)|discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/\d{1,24}\/|\.webhook\.office\.com\/webhookb2\/|outlook\.office(?:365)?\.com\/webhook\/|hooks\.zapier\.com\/hooks\/(?:catch|standard)\/|maker\.ifttt\.com\/trigger\/[^\s/]{1,64}\/(?:json\/)?with\/key\/|open\.(?:feishu\.cn|larksuite\.com)\/open-apis\/bot\/v2\/hook\/|hc-ping\.com\/|hook(?:\.\w{2,4}\d?)?\.(?:integromat|make)\.com\/|webhooks\.mongodb-realm\.com\/|hooks\.chime\.aws\/incomingwebhooks\/)([^\s"'<>`?#]+)/gi
// A reset link: a long part with digits behind a part that is called after a secret.
const PART = /\/([A-Za-z][\w-]{2,40})\/((?=[\w.~%-]{0,60}\d)[\w.~%-]{16,})/g

/** Finds secrets in the paths of URLs. */
export function findSecretPaths(text: string, spans: Span[]): void {
  for (let match = execFrom(POSTS, text, 0); match !== null; match = POSTS.exec(text)) {
    const [all, tail = ''] = match
    const start = match.index + all.length - tail.length
    // Telegram's methods and Discord's messages stand behind the token.
    const slash = /telegram|discord/i.test(all) ? tail.indexOf('/') : -1
    hide(spans, start, slash === -1 ? start + tail.length : start + slash)
  }
  for (let match = execFrom(PART, text, 0); match !== null; match = PART.exec(text)) {
    const [all, name = '', value = ''] = match
    if (isSecretName(name)) hide(spans, match.index + all.length - value.length, PART.lastIndex)
    else PART.lastIndex = match.index + name.length + 1
  }
}

function execFrom(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index
  return pattern.exec(text)
}
