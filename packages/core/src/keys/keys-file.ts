import type { KeyObject } from 'node:crypto'
import { lstatSync, statSync } from 'node:fs'
import { OsprofilerError } from '../platform/osprofiler-error.js'
import { createSecretKey, emitWarning, Number, performance, process } from '../platform/platform.js'
import { readRegularFile } from '../platform/read-regular-file.js'
import { shared } from '../platform/shared-state.js'
import { shorten } from '../platform/shorten.js'
import { KeyRing } from './key-ring.js'
import { warnOfKeyRisks } from './key-risks.js'
import { decodeKeyText, splitKeyText } from './key-text.js'

const LOOK_AGAIN_MS = 1_000
const MAX_LENGTH = 64 * 1024
const MAX_SHOWN = 300

const state = shared('keys-file', () => ({ isBlank: false }))

/** Returns whether the keys file is readable but never had a key, so that no one has revoked keys by emptying it. */
export function isKeysFileBlank(): boolean {
  return state.isBlank
}

/**
 * Returns a function for the keys in a file, separated by commas or line ends. The function checks the file at most
 * once a second, so keys can be rotated without a restart. An emptied file revokes all keys. A file that cannot be read
 * leaves the last good keys in force, with one warning.
 */
export function createKeysFile(path: string): () => KeyRing | undefined {
  let ring: KeyRing | undefined
  // The bytes that were read last, in a form that no memory dump shows.
  let last: KeyObject | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let warned = false
  state.isBlank = false

  return function keyRing() {
    const now = performance.now()
    if (now - lookedAt < LOOK_AGAIN_MS) return ring
    lookedAt = now
    try {
      const bytes = readRegularFile(path, MAX_LENGTH)
      const read = createSecretKey(bytes)
      if (last?.equals(read)) return ring
      const keys = splitKeyText(decodeKeyText(bytes))
      state.isBlank = keys.length === 0 && (last === undefined || state.isBlank)
      last = read
      ring = keys.length === 0 ? undefined : new KeyRing(keys)
      if (ring !== undefined) warnOfKeyRisks(keys, { source: toShownPath(path), mode: modeOf(path) })
      warned = false
    } catch (error) {
      if (!warned) warn(path, error, last !== undefined)
      warned = true
    }
    return ring
  }
}

/** @throws OsprofilerError `ERR_CONFIGURATION` with the reason why the keys in a file cannot be used */
export function checkKeysFile(path: string): void {
  try {
    splitKeyText(decodeKeyText(readRegularFile(path, MAX_LENGTH)))
  } catch (cause) {
    throw new OsprofilerError('ERR_CONFIGURATION', describe(path, cause), { cause })
  }
}

/** On Windows, a mode does not tell who can read a file. */
function modeOf(path: string): number {
  return process.platform === 'win32' ? 0 : statSync(path).mode
}

function describe(path: string, error: unknown): string {
  return `Cannot read the HMAC keys in ${toShownPath(path)} (${(error as Error).message}).`
}

/**
 * Returns how messages name the file of OSPROFILER_HMAC_KEYS_FILE: by its path, if that leads somewhere. Any other
 * value may be a key meant for OSPROFILER_HMAC_KEYS. One in 64 base64 keys begins with a slash.
 */
export function toShownPath(path: string): string {
  const [, first = ''] = /^(\/[^/]+)(?:\/|$)/.exec(path) ?? /^([a-z]:[\\/]|\.{1,2}\/)/i.exec(path) ?? []
  const leadsSomewhere = !/\p{Cc}/u.test(path) && (isThere(path) || (first !== path && isThere(first)))
  return leadsSomewhere ? shorten(path, MAX_SHOWN) : 'the file that OSPROFILER_HMAC_KEYS_FILE names'
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
