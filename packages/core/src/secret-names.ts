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
]
const MAX_REMEMBERED = 2_000
const remembered = new Map<string, boolean>()

/** Whether a value under this name looks like a secret: `password`, `X-Api-Key`, `refreshToken`, `set-cookie`, ... */
export function isSecretName(name: string): boolean {
  const known = remembered.get(name)
  if (known !== undefined) return known
  const plain = name
    .slice(0, 256)
    .replace(/[^a-zA-Z]/g, '')
    .toLowerCase()
  const secret = WORDS.some(word => plain.includes(word))
  if (remembered.size < MAX_REMEMBERED && name.length <= 64) remembered.set(name, secret)
  return secret
}

/** A text without the secrets of URLs in it: `postgres://app:***@db/shop`, `https://api/x?access_token=***`. */
export function redactUrls(text: string): string {
  if (!text.includes('://')) return text
  return text
    .replace(/(:\/\/[^\s:@/?#]*:)[^\s/?#]*@/g, `$1${REDACTED}@`)
    .replace(/([?&;])([^\s?&;=#]{1,256})=[^\s&;#]+/g, (pair, mark: string, name: string) =>
      isSecretName(decodeName(name)) ? `${mark}${name}=${REDACTED}` : pair,
    )
}

/** As `redactUrls`, for a text that was cut off: a password at its end may lack the `@` that tells it for one. */
export function redactCutUrls(text: string): string {
  return redactUrls(text).replace(/(:\/\/[^\s:@/?#]*:)[^\s/?#]*$/, `$1${REDACTED}`)
}

/** A query string with the values under secret names redacted: `page=2&access_token=***`. */
export function redactQuery(query: string): string {
  const pairs = query.split('&')
  if (!pairs.some(isSecretPair)) return query
  return pairs.map(pair => (isSecretPair(pair) ? `${pair.slice(0, pair.indexOf('=') + 1)}${REDACTED}` : pair)).join('&')
}

function isSecretPair(pair: string): boolean {
  const equals = pair.indexOf('=')
  return equals > 0 && isSecretName(decodeName(pair.slice(0, equals)))
}

function decodeName(name: string): string {
  if (!name.includes('%')) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
