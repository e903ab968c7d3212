import { Math, Set } from '../../platform/platform.js'
import { hide, type Span } from '../values/text-spans.js'

const MAX_ADDRESS = 1_024
// go-sql-driver: `user:password@tcp(host)/db`.
const DRIVER = /@(?:tcp|udp|unix)[46]?\(/g
// Without a user, with a port or with a path: `:password@host`, `bob:password@host:6379`.
const BARE_USER =
  /(?:(?<![\w./@%+$-])|(?<=(?:^|[\s"'])\/\/))([\w.%+$-]{0,64}):([^\s@:/"'<>`=]{1,256})@[\w.-]{1,253}(:\d{2,5}(?!\d)|\/|$)/g
const ORACLE = /\b(?:oracle:(?:thin|oci):|sqlplus )[\w$]{1,64}\/([^\s"'<>/]{1,128})@/g
const NO_USERS = new Set('mailto sip sips xmpp acct npm yarn pnpm workspace file link portal patch jsr git'.split(' '))

/** Finds the passwords of addresses that have no scheme. */
export function findBareUsers(text: string, spans: Span[]): void {
  let from = 0
  DRIVER.lastIndex = 0
  for (let match = DRIVER.exec(text); match !== null; match = DRIVER.exec(text)) {
    const before = text.slice(Math.max(from, match.index - MAX_ADDRESS), match.index)
    const run = /[^\s"'<>`]*$/.exec(before)?.[0] ?? ''
    const colon = run.indexOf(':')
    if (colon !== -1) hide(spans, match.index - run.length + colon + 1, match.index)
    from = DRIVER.lastIndex
  }
  BARE_USER.lastIndex = 0
  for (let match = BARE_USER.exec(text); match !== null; match = BARE_USER.exec(text)) {
    const [, user = '', password = '', end = ''] = match
    // `user:bob@example.com` may be a key of a cache.
    if ((user !== '' && end === '') || NO_USERS.has(user.toLowerCase())) continue
    const start = match.index + user.length + 1
    hide(spans, start, start + password.length)
  }
  if (text.includes('oracle:') || text.includes('sqlplus ')) findOracle(text, spans)
}

function findOracle(text: string, spans: Span[]): void {
  ORACLE.lastIndex = 0
  for (let match = ORACLE.exec(text); match !== null; match = ORACLE.exec(text)) {
    hide(spans, ORACLE.lastIndex - 1 - (match[1] ?? '').length, ORACLE.lastIndex - 1)
  }
}
