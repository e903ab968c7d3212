import type { KeyObject } from 'node:crypto'
import { createHmac } from '../platform/platform.js'

/** Returns the HMAC-SHA1 of a text in its wire format: 40 lower-case hex digits. */
export function hmac(key: KeyObject | string, text: string): string {
  return createHmac('sha1', key).update(text, 'utf8').digest('hex')
}
