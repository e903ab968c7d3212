import type { KeyObject } from 'node:crypto'
import { createHmac } from '../platform/platform.js'

/** The signature of a text under a key, as the wire has it: HMAC-SHA1 in 40 lower-case hex digits. */
export function hmac(key: KeyObject | string, text: string): string {
  return createHmac('sha1', key).update(text, 'utf8').digest('hex')
}
