import { createWordSet } from './name-words.js'

// A name that begins with one of these words has a boolean or a number as its value.
const QUESTION_WORDS = createWordSet(
  'is has had should can use uses need needs require requires required allow allows enable enabled enables disable disabled disables show skip with without no max min total num count remaining',
)
// A name that ends with one of these words has a fact about a secret as its value.
const FACT_WORDS = createWordSet(
  'count counts length len size type types kind expiry expires expiration expired expire exp ttl at in age limit limits usage used policy policies strength enabled disabled required valid verified changed updated created consent banner domain endpoint rate budget rules attempts retries failures status exists index name names format algorithm alg issuer provider method mode scheme strategy version seconds ms days hours minutes time date timeout interval lifetime max min per second url uri urls uris symbol decimals address arn path dir directory file filename',
)
// Words before `id` in names of keys that are stored elsewhere. An `accessKeyId`, in contrast, is used to log in.
const KEYS_NAMED_BY_ID = createWordSet('kmskey encryptionkey signingkey credential webauthncredential')
const COUNTED_TOKENS = createWordSet('prompt completion input output cached cache reasoning thinking used estimated')

/** Returns whether a name states a fact about a secret: `passwordLength`, `tokenCount`, `max_tokens`, `hasCookie`. */
export function describesSecret(words: readonly string[]): boolean {
  if (words.length < 2) return words[0] === 'passwordless'
  const first = words[0] as string
  const last = words[words.length - 1] as string
  if (last === 'id' && KEYS_NAMED_BY_ID.has(words.slice(-3, -1).join(''))) return true
  return QUESTION_WORDS.has(first) || FACT_WORDS.has(last) || (last === 'tokens' && COUNTED_TOKENS.has(first))
}
