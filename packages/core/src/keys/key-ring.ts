import type { KeyObject } from 'node:crypto'
import { OsprofilerError } from '../platform/osprofiler-error.js'
import { Array, Buffer, TypeError, timingSafeEqual, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { hmac } from './hmac.js'
import { trimKey } from './key-text.js'
import { readKeyText, toReadableKey } from './secret-key.js'

/** HMAC keys: a list, or one comma-separated string such as `'NEW,OLD'`, whose keys are trimmed. */
export type HmacKeys = string | readonly string[]

// The digits must be in lower case, because Python's hexdigest() writes lower case and Python compares exactly. Around
// the digits, the expression allows the white space that both Python and JavaScript trim.
const HMAC = /^[ \t\n\v\f\r]*([0-9a-f]{40})[ \t\n\v\f\r]*$/
// Both buffers are reused, because creating new buffers for each comparison would be slower. This is safe, because no
// other code runs during a comparison.
const givenDigits = Buffer.alloc(40)
const expectedDigits = Buffer.alloc(40)

/** Gives access to the keys of rings from other copies of this package, whose private fields this copy cannot read. */
const rings = shared('key-rings', () => {
  const keysByRing = new WeakMap<object, readonly KeyObject[]>()
  return {
    keep: (ring: KeyRing, keys: readonly KeyObject[]) => void keysByRing.set(ring, keys),
    keysOf: (ring: object) => keysByRing.get(ring),
  }
})

/**
 * The keys that a process trusts. The ring signs with the first key and verifies with any key, so that keys can be
 * rotated. An empty ring verifies nothing. Only `verify` returns a key, and only if that key made the signature.
 *
 * @example
 * const ring = new KeyRing('NEW,OLD')
 * ring.verify(text, ring.sign(text)) // 'NEW'
 */
export class KeyRing {
  readonly #keys: readonly KeyObject[]

  /** @throws TypeError if a key is not a non-empty, well-formed string */
  constructor(keys: HmacKeys) {
    this.#keys = listKeys(keys).map(toReadableKey)
    rings.keep(this, this.#keys)
  }

  get size(): number {
    return this.#keys.length
  }

  /**
   * Returns the HMAC-SHA1 of a text, made with the first key, as 40 lower-case hex digits.
   *
   * @throws OsprofilerError `ERR_NO_KEYS` if the ring is empty
   */
  sign(text: string): string {
    const [key] = this.#keys
    if (key !== undefined) return hmac(key, text)
    throw new OsprofilerError(
      'ERR_NO_KEYS',
      'Cannot sign: there is no HMAC key. Set OSPROFILER_HMAC_KEYS or pass a key.',
    )
  }

  /** Returns the key for which `hmac` is the signature of `text`, or `undefined`. Computes at most one HMAC per key. */
  verify(text: string, hmac: string): string | undefined {
    const digits = readHmac(hmac)
    const key = digits === undefined ? undefined : findSigningKey(this.#keys, text, digits)
    return key === undefined ? undefined : readKeyText(key)
  }
}

/** Returns whether a value is a `KeyRing`, including one from another copy of this package. */
export function isKeyRing(value: unknown): value is KeyRing {
  return typeof value === 'object' && value !== null && rings.keysOf(value) !== undefined
}

/** Returns the keys of a ring, in order. For internal use: a ring's public methods do not return its keys. */
export function keysOf(ring: KeyRing): readonly KeyObject[] {
  const keys = rings.keysOf(ring)
  if (keys === undefined) throw new TypeError('The value is not a KeyRing')
  return keys
}

/** Returns the key for which `digits` are the HMAC of a text. Compares with the HMAC of each key in constant time. */
export function findSigningKey<Key extends KeyObject | string>(
  keys: readonly Key[],
  text: string,
  digits: string,
): Key | undefined {
  givenDigits.write(digits, 'latin1')
  return keys.find(key => {
    expectedDigits.write(hmac(key, text), 'latin1')
    return timingSafeEqual(expectedDigits, givenDigits)
  })
}

/**
 * Returns the 40 digits of an `X-Trace-HMAC`, or `undefined` if it is malformed. This check precedes the computation of
 * any HMAC.
 */
export function readHmac(text: string): string | undefined {
  return HMAC.exec(text)?.[1]
}

/**
 * Returns HMAC keys as a list.
 *
 * @throws TypeError if a key is not a non-empty, well-formed string
 */
export function listKeys(keys: HmacKeys): readonly string[] {
  if (typeof keys === 'string') {
    const list = keys.split(',').map(trimKey)
    return list.filter(key => key !== '').map(checkKey)
  }
  if (!Array.isArray(keys)) throw new TypeError(`HMAC keys must be a string or a list of strings, not ${typeof keys}`)
  return keys.map(checkKey)
}

function checkKey(key: unknown): string {
  if (typeof key !== 'string' || key === '') throw new TypeError('An HMAC key must be a non-empty string')
  // Python cannot encode a lone surrogate, and Node would replace it. So Python and Node would not create the same
  // HMACs with such a key.
  if (!key.isWellFormed()) throw new TypeError('An HMAC key must be well-formed Unicode, without lone surrogates')
  return key
}
