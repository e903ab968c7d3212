import { decodeURIComponent, encodeURIComponent, Map, Set } from './platform.js'

/** What stands in a record in place of a secret. */
export const REDACTED = '***'

const WORDS = [
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'token',
  'authorization',
  'cookie',
  'apikey',
  'privatekey',
  'accesskey',
  'credential',
  'hmackey',
  'sessionid',
]
// Too short to be looked for within a name: `compass`, `spwn`.
const WHOLE_WORDS = new Set(['pass', 'pw', 'jwt', 'bearer', 'pin', 'sid'])
const MAX_REMEMBERED = 2_000
const remembered = new Map<string, boolean>()

/** Whether a value under this name looks like a secret: `password`, `X-Api-Key`, `refreshToken`, `set-cookie`, ... */
export function isSecretName(name: string): boolean {
  const known = remembered.get(name)
  if (known !== undefined) return known
  const plain = name.replace(/[^a-zA-Z]/g, '').toLowerCase()
  const secret = WORDS.some(word => plain.includes(word)) || WHOLE_WORDS.has(plain)
  if (remembered.size < MAX_REMEMBERED && name.length <= 64) remembered.set(name, secret)
  return secret
}

// A name and its value: where a URL, a path or a form may stand in a text, and in what is known for a query.
const PAIR_IN_TEXT = /(?:^|[?&;#])([^\s?&;=#"'<>(),]{1,256})=([^\s&;#"']+)/g
const PAIR_OF_QUERY = /(?:^|&)([^&=]+)=([^&]*)/g

/**
 * A text without the secrets of URLs, paths and forms in it: `postgres://app:***@db/shop`, `https://***@api/`,
 * `/callback?access_token=***`, `user=bob&password=***`.
 */
export function redactUrls(text: string, depth = 0): string {
  return redactPairs(text.includes('://') ? redactUsers(text) : text, PAIR_IN_TEXT, depth)
}

/** A query string with the values under secret names redacted: `page=2&access_token=***`. */
export function redactQuery(query: string): string {
  return redactPairs(query, PAIR_OF_QUERY, 0)
}

/** Not by `replace`, which takes three times as long for a text in which nothing is to be hidden. */
function redactPairs(text: string, pattern: RegExp, depth: number): string {
  if (!text.includes('=')) return text
  let shown = ''
  let end = 0
  for (let pair = execFrom(pattern, text, 0); pair !== null; ) {
    const value = pair[2] ?? ''
    const after = pair.index + pair[0].length
    const redacted = redactValue(pair[1] ?? '', value, depth)
    if (redacted !== value) {
      shown += text.slice(end, after - value.length) + redacted
      end = after
    }
    pair = execFrom(pattern, text, after)
  }
  return end === 0 ? text : shown + text.slice(end)
}

/** A value may be a text with pairs in it: where a pattern stands is not kept in the pattern. */
function execFrom(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index
  return pattern.exec(text)
}

function redactUsers(text: string): string {
  return (
    text
      // A password may hold what should have been escaped, a slash say. What begins with a port holds none.
      .replace(/(:\/\/[^\s:@/?#]*:)(?!\d+(?:[/?#\s]|$))[^\s@]*@/g, `$1${REDACTED}@`)
      .replace(/(:\/\/)[^\s:@/?#]+@/g, `$1${REDACTED}@`)
  )
}

/** As `redactUrls`, for a text that was cut off: a password at its end may lack the `@` that tells it for one. */
export function redactCutUrls(text: string): string {
  return redactUrls(text).replace(/(:\/\/[^\s:@/?#]*:)[^\s/?#]*$/, `$1${REDACTED}`)
}

// What may be a URL in a URL, with an escaped `=` or `@`: `?next=%2Flogin%3Ftoken%3D...`
const NESTED = /%(?:25){0,3}(?:3d|40)/i
const MAX_DEPTH = 4

function redactValue(name: string, value: string, depth: number): string {
  if (isSecretName(decodeName(name))) return REDACTED
  if (depth >= MAX_DEPTH || !value.includes('%') || !NESTED.test(value)) return value
  const decoded = decodeName(value)
  const redacted = decoded === value ? value : redactUrls(decoded, depth + 1)
  return redacted === decoded ? value : encodeURIComponent(redacted.toWellFormed())
}

function decodeName(name: string): string {
  if (!name.includes('%')) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
