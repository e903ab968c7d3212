import { Set } from '../../platform/platform.js'
import { createWordSet } from './name-words.js'

/** A name that contains one of these strings names a secret, even if separators between words interrupt the string. */
const SECRET_ANYWHERE =
  /password|passwd|passphrase|passcode|passwort|kennwort|motdepasse|contrase[nñ]a|wachtwoord|credential|authori[sz]ation(?!s?$)|apikey|accesskey|privatekey|sessionid|sessid|(?:seed|recovery|mnemonic)phrase|(?:card|cc)number|cardn(?:o|um)$|(?:credit|debit)card|socialsecurity|accesssignature|securityanswer|instrumentationkey|samlresponse|samlrequest|clientassertion/
// A name that ends with `authorization` names a header. A plural such as `authorizations` does not.
const HEADER = /authori[sz]ation$/
const NOT_SECRET = /secret(?:ar|es?$|ed$|ing$|ion|ive|ly$|ory)/
const SECRET_WORDS = createWordSet(
  'pw pwd pswd passwd passwrd psw jwt bearer otp totp hotp otpcode cvv cvc ccv ssn psk cred creds csrf xsrf mnemonic sas jwk clave senha parola heslo',
)
const ENDS_LIKE_PASS = /^(?:com|encom|by|sur|tres|over|under|im|out)pass$/
const ENDS_LIKE_PW = /[a-z](?:pwd?|otp|jwt)$/
// If one of these words follows `pass`, the name suggests a password. For example, `DB_PASS_TEST` does, but
// `passThrough` and `passRate` do not.
const WORDS_AFTER_PASS = createWordSet(
  'word wd phrase code key hash prod production test testing dev development staging stage live local old new confirm confirmation repeat again text value plain encrypted',
)
const WORDS_AFTER_PIN = new Set(['code', 'number', 'no', 'hash', 'block', 'value'])
const WORDS_AFTER_AUTH = new Set(['key', 'header', 'data', 'info', 'string', 'str', 'code', 'hash', 'pass', 'value'])
const AUTH_WORDS = /^(?:basic|proxy|http|redis|smtp|imap|db|user|aspx|master)auth$/
const TOKEN = /tokens?$|^tokens?(?:value|id|key|hash|data|str|string)$/
const COOKIE = /cookies?$/

/** After one of these words, `key` names a secret. Other keys belong to a table, a cache or a keyboard. */
const SECRET_KEY_WORDS = createWordSet(
  'api app private access secret signing sign encryption encrypting encrypt decryption crypto cipher master hmac auth session aes rsa dsa ec ecdsa ed ssh ssl tls pgp gpg license licence account subscription functions fernet consumer integration admin root deploy deployment shared webhook wrapping signature server jwt cookie token password pass recovery backup merchant bot seed service client security mfa project sas bearer vapid symmetric des salt pepper wrap kek dek sdk hex preshared priv anon product serial host supabase stripe sendgrid mailgun openai anthropic google maps aws azure gcp algolia datadog sentry firebase twilio github gitlab slack',
)
/**
 * After one of these words, `KEY` does not name a secret, even in a name in upper case, like that of an environment
 * variable.
 */
const PLAIN_KEY_WORDS = createWordSet(
  's s3 primary foreign sort partition cache range unique composite natural surrogate object index map group routing shard row column lookup search idempotency public translation message locale event arrow enter tab hot shift ctrl alt meta record document item entity config feature flag log metric',
)
const SECRET_CODE_WORDS = createWordSet(
  'pin otp totp verification verify security auth authentication authorization access recovery backup mfa fa sms login reset activation factor time pairing device unlock passwordless',
)

/**
 * Returns whether the words of a name suggest a secret. `isUpperCase`: whether the name is in upper case, like an
 * environment variable.
 */
export function namesSecret(words: readonly string[], joined: string, isUpperCase: boolean): boolean {
  if (SECRET_ANYWHERE.test(joined) || HEADER.test(joined) || SECRET_WORDS.has(joined) || joined === 'pass') return true
  for (let index = 0; index < words.length; index++) {
    if (isSecretWord(words[index] as string, words[index - 1], words[index + 1], isUpperCase)) return true
  }
  return false
}

function isSecretWord(
  word: string,
  before: string | undefined,
  after: string | undefined,
  isUpperCase: boolean,
): boolean {
  if (SECRET_WORDS.has(word) || TOKEN.test(word) || COOKIE.test(word) || ENDS_LIKE_PW.test(word)) return true
  if (word.includes('secret')) return !NOT_SECRET.test(word)
  if (word === 'pass') return after === undefined || WORDS_AFTER_PASS.has(after)
  if (word === 'pin') return after === undefined || WORDS_AFTER_PIN.has(after)
  if (word === 'auth') return after === undefined || WORDS_AFTER_AUTH.has(after)
  if (word === 'sid' || word === 'sess') return after === undefined
  if (word === 'pat') return after === undefined && (before !== undefined || isUpperCase)
  if (word === 'key' || word === 'keys') return isSecretKey(before, isUpperCase)
  if (word === 'code' || word === 'codes') return before !== undefined && SECRET_CODE_WORDS.has(before)
  if (word.endsWith('pass')) return !ENDS_LIKE_PASS.test(word)
  if (AUTH_WORDS.test(word)) return true
  const compound = /^(.+)(?:(key)|code)s?$/.exec(word)
  return (
    compound !== null &&
    endsLikeOneOf(compound[1] as string, compound[2] === undefined ? SECRET_CODE_WORDS : SECRET_KEY_WORDS)
  )
}

function isSecretKey(before: string | undefined, isUpperCase: boolean): boolean {
  if (before === undefined) return false
  return SECRET_KEY_WORDS.has(before) || (isUpperCase && !PLAIN_KEY_WORDS.has(before))
}

/** Returns whether a word is in a set, or ends with a word of at least 5 letters from the set, as in `dbencryption`. */
function endsLikeOneOf(word: string, known: ReadonlySet<string>): boolean {
  if (known.has(word)) return true
  for (let from = 1; from <= word.length - 5; from++) if (known.has(word.slice(from))) return true
  return false
}
