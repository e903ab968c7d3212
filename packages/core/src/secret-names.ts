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

/**
 * A text without the secrets of URLs, paths and forms in it: `postgres://app:***@db/shop`, `https://***@api/`,
 * `/callback?access_token=***`, `user=bob&password=***`.
 */
export function redactUrls(text: string, depth = 0): string {
  const withoutUsers = text.includes('://') ? redactUsers(text) : text
  if (!withoutUsers.includes('=')) return withoutUsers
  return withoutUsers.replace(
    /(^|[?&;#])([^\s?&;=#"'<>(),]{1,256})=([^\s&;#"']+)/g,
    (_pair, mark: string, name: string, value: string) => `${mark}${name}=${redactValue(name, value, depth)}`,
  )
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

/** A query string with the values under secret names redacted: `page=2&access_token=***`. */
export function redactQuery(query: string): string {
  return query.includes('=') ? query.split('&').map(redactPair).join('&') : query
}

function redactPair(pair: string): string {
  const equals = pair.indexOf('=')
  if (equals <= 0) return pair
  const name = pair.slice(0, equals)
  return `${name}=${redactValue(name, pair.slice(equals + 1), 0)}`
}

// What may be a URL in a URL, with an escaped `=` or `@`: `?next=%2Flogin%3Ftoken%3D...`
const NESTED = /%(?:25){0,3}(?:3d|40)/i
const MAX_DEPTH = 4

function redactValue(name: string, value: string, depth: number): string {
  if (isSecretName(decodeName(name))) return REDACTED
  if (depth >= MAX_DEPTH || !NESTED.test(value)) return value
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
