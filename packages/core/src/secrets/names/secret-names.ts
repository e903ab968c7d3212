import { decodeURIComponent, Set } from '../../platform/platform.js'
import { remember } from '../../platform/remember.js'
import { describesSecret } from './describing-names.js'
import { createWordSet, shortenName, wordsOf } from './name-words.js'
import { namesSecret } from './secret-words.js'

/** The text that replaces a secret in a record. */
export const REDACTED = '***'

/**
 * The kind of the value under a name.
 *
 * - `secret`: the value is a secret.
 * - `address`: the value is a secret only in URLs.
 * - `label`: the value is the name of a value next to it.
 * - `value`: the value may have a label next to it.
 * - `half`: the name is the second half of a longer name, as in `API key`.
 * - `described`: the value is a fact about a secret, as under `passwordLength`.
 * - `plain`: none of the other kinds applies.
 */
export type NameKind = 'secret' | 'address' | 'label' | 'value' | 'half' | 'described' | 'plain'

// Most names contain none of these strings, and are not examined further.
const MAY_NAME_SECRET =
  /pass|pw|pswd|psw|secret|token|key|auth|cookie|cred|sess|sid|jwt|bearer|pin|otp|cvv|cvc|ccv|ssn|psk|code|csrf|xsrf|phrase|pat|mnemonic|card|wort|contrase|wachtwoord|sig|hmac|ticket|assertion|verifier|saml|id$|number$|sas|jwk|clave|senha|parola|heslo|__host|__secure|session|social|answer|(?:value|values|val|vals|content|contents|data|text|default|raw|input|name|header|field|label|param|parameter|variable|property|attribute|option|setting|type)$|^[knv]$/i
const LABEL_WORDS = createWordSet(
  'name key header field label param parameter variable property attribute option setting type id k n',
)
const VALUE_WORDS = createWordSet('value values val vals v content contents data text default raw input')
const HALF_NAMES = new Set(['key', 'keys', 'code', 'id', 'phrase', 'number'])
const URL_SECRET_NAMES = new Set(['key', 'code', 'ticket', 'session', 'samlresponse', 'samlrequest'])
const SIGNATURE_WORDS = new Set(['sig', 'signature', 'hmac', 'verifier', 'assertion'])
// Matches the names of cookies of browsers and frameworks.
const COOKIE_NAMES = /^__(?:Host|Secure)-|^(?:laravel|rack|ci|flask|play|symfony)[_.:-]session$/i

// Matches the names of tokens that identify a page of a list.
const PAGE_TOKENS = /(?:page|continuation|pagination|cursor|^next|^prev|^previous|^skip)tokens?$/
// Matches the names of functions of parsers and routers. These functions handle no secrets.
const HARMLESS_FUNCTIONS = /^(?:(?:count|parse|lex|scan|split|estimate|truncate)tokens|requires?auth)$/

/** Returns whether a name's value is a secret: `password`, `X-Api-Key`, `refreshToken`, `DB_PASS`, `connect.sid`. */
export function isSecretName(name: string): boolean {
  return getNameKind(name) === 'secret'
}

/** Returns whether a function handles a secret, such as `setPassword`, but also `hasPassword` and `isTokenValid`. */
export function handlesSecret(name: string): boolean {
  const kind = getNameKind(name)
  if (kind !== 'plain' && HARMLESS_FUNCTIONS.test(wordsOf(shortenName(name.slice(name.lastIndexOf('.') + 1))).join('')))
    return false
  return kind === 'secret' || kind === 'described'
}

/** Returns the kind of the value under a name. Caches the kinds of short names, because names repeat. */
export const getNameKind: (name: string) => NameKind = remember(classifyName)

/**
 * Returns whether the value of a name in a URL is a secret. In URLs, this includes `sig`, `X-Amz-Signature`, `key` and
 * `code`.
 */
export function isSecretInUrl(name: string): boolean {
  const kind = getNameKind(decodeName(name))
  return (
    kind === 'secret' ||
    kind === 'address' ||
    ((kind === 'label' || kind === 'half') && URL_SECRET_NAMES.has(name.toLowerCase()))
  )
}

function classifyName(name: string): NameKind {
  const shortened = shortenName(name)
  if (!MAY_NAME_SECRET.test(shortened)) return 'plain'
  const words = wordsOf(shortened)
  const joined = words.join('')
  if (COOKIE_NAMES.test(shortened)) return 'secret'
  if (PAGE_TOKENS.test(joined)) return 'plain'
  if (namesSecret(words, joined, !/[a-z]/.test(shortened))) return describesSecret(words) ? 'described' : 'secret'
  const last = words.at(-1) ?? ''
  if (LABEL_WORDS.has(joined) || (LABEL_WORDS.has(last) && last !== 'id')) return 'label'
  if (VALUE_WORDS.has(last)) return 'value'
  if (HALF_NAMES.has(joined)) return 'half'
  return SIGNATURE_WORDS.has(last) || URL_SECRET_NAMES.has(joined) ? 'address' : 'plain'
}

/** Decodes a name in a URL. Returns a malformed name unchanged. */
export function decodeName(name: string): string {
  if (!name.includes('%')) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
