import { Math, Set } from '../platform/platform.js'
import { warnOnce } from '../platform/warn-once.js'
import { toOrdinal } from './key-text.js'

/** A weakness of HMAC keys, or of the file that contains them. */
export interface KeyRisk {
  readonly code: 'OSPROFILER_PUBLIC_KEY' | 'OSPROFILER_WEAK_KEY' | 'OSPROFILER_READABLE_KEYS_FILE'
  /** A sentence that contains no key. */
  readonly message: string
}

/** The source of keys, as named in messages, and the file's mode if the source is a file. */
export interface KeySource {
  readonly source: string
  readonly mode?: number | undefined
}

const ADVICE = 'Make a key with "osprofiler key new".'
/** If a key is shorter, an attacker who has one signed request can find the key by trying all possible keys. */
const MIN_KEY_CHARS = 16
const MIN_DISTINCT_CHARS = 6
const READABLE_BY_OTHERS = 0o004

// Keys from the documentation of OSProfiler, DevStack and this project, in lower case and without punctuation.
const PUBLIC_KEYS = new Set('secretkey secret key hmackey hmackeys new old yoursecretkey mysecretkey'.split(' '))
const COMMON_WORDS = new Set(
  (
    'admin apikey changeit changeme changethis default demo dev development devstack example hmac hmacsecret letmein mykey ' +
    'openstack osprofiler pass passw0rd password placeholder prod production profiler qwerty qwertyuiop root sample staging ' +
    'supersecret test testkey topsecret trace tracing welcome yourkey yoursecret'
  ).split(' '),
)

/** Returns the risks of keys, at most one per `code`. */
export function findKeyRisks(keys: readonly string[], { source, mode = 0 }: KeySource): readonly KeyRisk[] {
  const risks: KeyRisk[] = []
  const publicIndex = keys.findIndex(isPublic)
  if (publicIndex >= 0) {
    const message = `The ${toOrdinal(publicIndex)} key in ${source} is in public documentation, so anyone can sign with it. ${ADVICE}`
    risks.push({ code: 'OSPROFILER_PUBLIC_KEY', message })
  }
  const weakIndex = keys.findIndex(key => !isPublic(key) && isGuessable(key))
  if (weakIndex >= 0) {
    const message = `The ${toOrdinal(weakIndex)} key in ${source} can be guessed: it is short, a common word or a pattern. ${ADVICE}`
    risks.push({ code: 'OSPROFILER_WEAK_KEY', message })
  }
  if (keys.length > 0 && (mode & READABLE_BY_OTHERS) !== 0) {
    const message = `Every user of this machine can read the keys in ${source}. Use chmod 600 so that only its owner can read it.`
    risks.push({ code: 'OSPROFILER_READABLE_KEYS_FILE', message })
  }
  return risks
}

/** Warns about the risks of keys, once per `code` in a process. */
export function warnOfKeyRisks(keys: readonly string[], source: KeySource): void {
  for (const { code, message } of findKeyRisks(keys, source)) warnOnce(code, message)
}

function isPublic(key: string): boolean {
  return PUBLIC_KEYS.has(toWord(key))
}

function isGuessable(key: string): boolean {
  const characters = [...key]
  const isShort = characters.length < MIN_KEY_CHARS || new Set(characters).size < MIN_DISTINCT_CHARS
  return isShort || COMMON_WORDS.has(toWord(key)) || isSequence(key)
}

/**
 * Returns the word that a key consists of. For example, `Password_2024` consists of `password`, and
 * `secretsecretsecret` of `secret`.
 */
function toWord(key: string): string {
  const letters = key.toLowerCase().replace(/[^a-z0-9]/g, '')
  const word = letters.replace(/^[0-9]+(?=[a-z])|(?<=[a-z])[0-9]+$/g, '')
  // The length is limited, because the search for repetitions takes quadratic time.
  return word.slice(0, 256).replace(/^(.+?)\1+$/, '$1')
}

/**
 * Returns whether most characters equal the previous character or are next to it in Unicode, as in `1234567890abcdef`.
 */
function isSequence(key: string): boolean {
  let steps = 0
  for (let i = 1; i < key.length; i++) if (Math.abs(key.charCodeAt(i) - key.charCodeAt(i - 1)) <= 1) steps++
  return steps > (key.length - 1) * 0.7
}
