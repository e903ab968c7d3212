import type { KeyObject } from 'node:crypto'
import { OsprofilerError } from './osprofiler-error.js'
import { Array, Buffer, createHmac, createSecretKey, RegExp, TypeError, timingSafeEqual } from './platform.js'

/** HMAC keys: a list, or one string split at commas with the spaces around each key trimmed, as in `'NEW,OLD'`. */
export type HmacKeys = string | readonly string[]

// Lower case only, as Python's hexdigest() writes it and compares it. The white space is what both languages trim.
const HMAC = /^[ \t\n\v\f\r]*([0-9a-f]{40})[ \t\n\v\f\r]*$/
// What Python's strip() takes for white space. trim() differs: U+FEFF and not U+0085, nor the four separators.
const SPACE = '(?:[^\\S\\ufeff]|[\\x1c-\\x1f\\x85])+'
const EDGES = new RegExp(`^${SPACE}|${SPACE}$`, 'g')

// What is compared, written anew each time, since nothing comes between: two new buffers would take longer to make.
const given = Buffer.alloc(40)
const expected = Buffer.alloc(40)

/**
 * The secrets that a process believes in: signs with the first key, verifies with any, so that keys can be rotated.
 *
 * A ring of no keys verifies nothing. Only `verify` gives a key, to whoever has a signature of it.
 *
 * @example
 * const ring = new KeyRing('NEW,OLD')
 * ring.verify(text, ring.sign(text)) // 'NEW'
 */
export class KeyRing {
  readonly #keys: readonly string[]
  readonly #secrets: readonly KeyObject[]

  /** @throws TypeError where a key is not a non-empty, well-formed string. */
  constructor(keys: HmacKeys) {
    this.#keys = listKeys(keys)
    this.#secrets = this.#keys.map(key => createSecretKey(Buffer.from(key, 'utf8')))
  }

  /** How many keys there are. */
  get size(): number {
    return this.#keys.length
  }

  /**
   * The HMAC-SHA1 of a text under the first key, as 40 lower-case hex digits.
   *
   * @throws OsprofilerError `ERR_NO_KEYS` where the ring is empty.
   */
  sign(text: string): string {
    const [secret] = this.#secrets
    if (secret === undefined) {
      throw new OsprofilerError(
        'ERR_NO_KEYS',
        'Cannot sign: there is no HMAC key. Set OSPROFILER_HMAC_KEYS or give one.',
      )
    }
    return createHmac('sha1', secret).update(text, 'utf8').digest('hex')
  }

  /** The key under which `hmac` is the signature of `text`, or `undefined`. Costs at most one HMAC a key. */
  verify(text: string, hmac: string): string | undefined {
    const digits = readHmac(hmac)
    if (digits === undefined) return undefined
    given.write(digits, 'latin1')
    const index = this.#secrets.findIndex(secret => {
      expected.write(createHmac('sha1', secret).update(text, 'utf8').digest('hex'), 'latin1')
      return timingSafeEqual(expected, given)
    })
    return this.#keys[index]
  }

  /** The position of a key that the caller knows, or -1. */
  position(key: string): number {
    return this.#keys.indexOf(key)
  }
}

/** The 40 digits of an `X-Trace-HMAC`, or `undefined` where it is malformed. Checked before anything is hashed. */
export function readHmac(text: string): string | undefined {
  return HMAC.exec(text)?.[1]
}

function listKeys(keys: HmacKeys): readonly string[] {
  if (typeof keys === 'string') {
    const list = keys.split(',').map(key => key.replace(EDGES, ''))
    return list.filter(key => key !== '').map(checkKey)
  }
  if (!Array.isArray(keys)) throw new TypeError(`HMAC keys are a string or a list of strings, not ${typeof keys}`)
  return keys.map(checkKey)
}

function checkKey(key: unknown): string {
  if (typeof key !== 'string' || key === '') throw new TypeError('An HMAC key is a string that is not empty')
  // Python cannot encode a lone surrogate, Node would replace it: the two would not agree about this key.
  if (!key.isWellFormed()) throw new TypeError('An HMAC key is well-formed Unicode, without lone surrogates')
  return key
}
