import { Math } from '../../platform/platform.js'
import { createWordSet } from '../names/name-words.js'
import { forEachMatch, hideGroups, hideSpan, type Span } from '../values/text-spans.js'

const MAX_ADDRESS_CHARS = 1_024
// Matches addresses of go-sql-driver, such as `user:password@tcp(host)/db`.
const DRIVER_ADDRESS = /@(?:tcp|udp|unix)[46]?\(/g
// Matches addresses without a user, or with a port or a path, such as `:password@host` or `bob:password@host:6379`.
const BARE_USER_ADDRESS =
  /(?:(?<![\w./@%+$-])|(?<=(?:^|[\s"'])\/\/))([\w.%+$-]{0,64}):([^\s@:/"'<>`=]{1,256})@[\w.-]{1,253}(:\d{2,5}(?!\d)|\/|$)/g
const ORACLE_ADDRESS = /\b(?:oracle:(?:thin|oci):|sqlplus )[\w$]{1,64}\/([^\s"'<>/]{1,128})(?=@)/g
const PREFIXES_WITHOUT_PASSWORD = createWordSet(
  'mailto sip sips xmpp acct npm yarn pnpm workspace file link portal patch jsr git',
)

/** Finds passwords in addresses without a scheme. */
export function findBareUsers(text: string, spans: Span[]): void {
  let from = 0
  forEachMatch(DRIVER_ADDRESS, text, ({ index }) => {
    const before = text.slice(Math.max(from, index - MAX_ADDRESS_CHARS), index)
    const run = /[^\s"'<>`]*$/.exec(before)?.[0] ?? ''
    const colon = run.indexOf(':')
    if (colon !== -1) hideSpan(spans, index - run.length + colon + 1, index)
    from = DRIVER_ADDRESS.lastIndex
  })
  forEachMatch(BARE_USER_ADDRESS, text, ({ 1: user = '', 2: password = '', 3: end = '', index }) => {
    // A text such as `user:bob@example.com` is skipped, because it may be the key of a cache entry.
    if ((user !== '' && end === '') || PREFIXES_WITHOUT_PASSWORD.has(user.toLowerCase())) return
    const start = index + user.length + 1
    hideSpan(spans, start, start + password.length)
  })
  if (text.includes('oracle:') || text.includes('sqlplus ')) hideGroups(ORACLE_ADDRESS, text, spans)
}
