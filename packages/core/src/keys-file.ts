import { isUtf8 } from 'node:buffer'
import { lstatSync } from 'node:fs'
import { KeyRing } from './key-ring.js'
import { OsprofilerError } from './osprofiler-error.js'
import { Error, emitWarning, Number, performance } from './platform.js'
import { readRegularFile } from './read-regular-file.js'
import { shorten } from './shorten.js'

const LOOK_AGAIN_MS = 1_000
const MAX_LENGTH = 64 * 1024
const LONGEST_SHOWN = 300

/**
 * The keys in a file, separated by commas or line ends, so that they can be rotated without a restart: it is looked
 * at when keys are asked for, at most once a second. An emptied file revokes all keys; one that cannot be read keeps
 * the last good ones and warns once.
 */
export function createKeysFile(path: string): () => KeyRing | undefined {
  let ring: KeyRing | undefined
  let text: string | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let warned = false

  return function keyRing() {
    const now = performance.now()
    if (now - lookedAt < LOOK_AGAIN_MS) return ring
    lookedAt = now
    try {
      const read = readKeys(path)
      if (read === text) return ring
      const next = toKeyRing(read)
      text = read
      ring = next.size === 0 ? undefined : next
      warned = false
    } catch (error) {
      if (!warned) warn(path, error, text !== undefined)
      warned = true
    }
    return ring
  }
}

/**
 * Says why the keys in a file cannot be used.
 *
 * @throws OsprofilerError `ERR_CONFIGURATION`
 */
export function checkKeysFile(path: string): void {
  try {
    toKeyRing(readKeys(path))
  } catch (cause) {
    throw new OsprofilerError('ERR_CONFIGURATION', describe(path, cause), { cause })
  }
}

function toKeyRing(text: string): KeyRing {
  return new KeyRing(text.replace(/[\r\n]+/g, ','))
}

function readKeys(path: string): string {
  const bytes = readRegularFile(path, MAX_LENGTH)
  if (!isUtf8(bytes)) throw new Error('it is not UTF-8')
  // Some editors begin a file with a byte order mark, which is no part of the first key.
  return bytes.toString('utf8').replace(/^\ufeff/, '')
}

function describe(path: string, error: unknown): string {
  return `Cannot read the HMAC keys in ${toShownPath(path)} (${(error as Error).message}).`
}

/**
 * A path that leads somewhere. Any other value may be a key that was meant for OSPROFILER_HMAC_KEYS, also one that begins
 * with a slash, as one in 64 keys does that are written as base64.
 */
function toShownPath(path: string): string {
  const [, first = ''] = /^(\/[^/]+)(?:\/|$)/.exec(path) ?? /^([a-z]:[\\/]|\.{1,2}\/)/i.exec(path) ?? []
  const leadsSomewhere = !/\p{Cc}/u.test(path) && (isThere(path) || (first !== path && isThere(first)))
  return leadsSomewhere ? shorten(path, LONGEST_SHOWN) : 'the file that OSPROFILER_HMAC_KEYS_FILE names'
}

function isThere(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

function warn(path: string, error: unknown, hasGoodOnes: boolean): void {
  const meanwhile = hasGoodOnes ? 'The last good ones stay in force.' : 'Nothing is traced until it can be read.'
  emitWarning(`${describe(path, error)} ${meanwhile}`, { code: 'OSPROFILER_KEYS_FILE' })
}
