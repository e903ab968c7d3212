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

const CHECK_INTERVAL_MS = 1_000
const MAX_FILE_BYTES = 64 * 1024
const MAX_SHOWN_PATH_CHARS = 300

const state = shared('keys-file', () => ({ isBlank: false }))

/**
 * Returns whether the keys file is readable but has never contained a key. If so, no one has revoked keys by emptying
 * it.
 */
export function isKeysFileBlank(): boolean {
  return state.isBlank
}

/**
 * Returns a function that returns the keys in a file. In the file, keys are separated by commas or line ends. The
 * function checks the file at most once a second, so keys can be rotated without a restart. An emptied file revokes all
 * keys. If the file cannot be read, the last valid keys stay in force, and one warning is emitted.
 */
export function createKeysFile(path: string): () => KeyRing | undefined {
  let ring: KeyRing | undefined
  // The bytes that were read last. They are in a key object, because its content does not appear in a heap dump.
  let lastBytes: KeyObject | undefined
  let checkedAt = Number.NEGATIVE_INFINITY
  let isWarned = false
  state.isBlank = false

  return function keyRing() {
    const now = performance.now()
    if (now - checkedAt < CHECK_INTERVAL_MS) return ring
    checkedAt = now
    try {
      const bytes = readRegularFile(path, MAX_FILE_BYTES)
      const read = createSecretKey(bytes)
      if (lastBytes?.equals(read)) return ring
      const keys = splitKeyText(decodeKeyText(bytes))
      state.isBlank = keys.length === 0 && (lastBytes === undefined || state.isBlank)
      lastBytes = read
      ring = keys.length === 0 ? undefined : new KeyRing(keys)
      if (ring !== undefined) warnOfKeyRisks(keys, { source: toShownPath(path), mode: readMode(path) })
      isWarned = false
    } catch (error) {
      if (!isWarned) warnOfReadError(path, error, lastBytes !== undefined)
      isWarned = true
    }
    return ring
  }
}

/**
 * Checks whether the keys in a file can be used.
 *
 * @throws OsprofilerError `ERR_CONFIGURATION` with the reason if the keys cannot be used
 */
export function checkKeysFile(path: string): void {
  try {
    splitKeyText(decodeKeyText(readRegularFile(path, MAX_FILE_BYTES)))
  } catch (cause) {
    throw new OsprofilerError('ERR_CONFIGURATION', describeReadError(path, cause), { cause })
  }
}

/** Returns a file's mode, or 0 on Windows, where the mode does not show who can read the file. */
function readMode(path: string): number {
  return process.platform === 'win32' ? 0 : statSync(path).mode
}

function describeReadError(path: string, error: unknown): string {
  return `Cannot read the HMAC keys in ${toShownPath(path)} (${(error as Error).message}).`
}

/**
 * Returns how messages name the file in OSPROFILER_HMAC_KEYS_FILE. Messages contain its path if the file or the path's
 * first folder exists. Any other value is not shown, because it may be a key that was meant for OSPROFILER_HMAC_KEYS.
 * One in 64 base64 keys begins with a slash.
 */
export function toShownPath(path: string): string {
  const [, first = ''] = /^(\/[^/]+)(?:\/|$)/.exec(path) ?? /^([a-z]:[\\/]|\.{1,2}\/)/i.exec(path) ?? []
  const leadsSomewhere = !/\p{Cc}/u.test(path) && (exists(path) || (first !== path && exists(first)))
  return leadsSomewhere ? shorten(path, MAX_SHOWN_PATH_CHARS) : 'the file that OSPROFILER_HMAC_KEYS_FILE names'
}

function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

function warnOfReadError(path: string, error: unknown, hasGoodKeys: boolean): void {
  const meanwhile = hasGoodKeys ? 'The last valid keys stay in use.' : 'Nothing is traced until the file can be read.'
  emitWarning(`${describeReadError(path, error)} ${meanwhile}`, { code: 'OSPROFILER_KEYS_FILE' })
}
