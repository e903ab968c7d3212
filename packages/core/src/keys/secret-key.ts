import type { KeyObject } from 'node:crypto'
import { Buffer, createSecretKey, WeakMap } from '../platform/platform.js'

// The bytes lie outside of the heap of JavaScript, so that no dump of that heap shows a key as text.
const bytesOf = new WeakMap<KeyObject, Buffer>()

/** A key as Node keeps it: an object that shows nothing of the key. */
export function toSecretKey(text: string): KeyObject {
  return createSecretKey(toBytes(text))
}

/** As `toSecretKey`, for keys whose text `textOf` is asked for. */
export function toReadableKey(text: string): KeyObject {
  const bytes = toBytes(text)
  const key = createSecretKey(bytes)
  bytesOf.set(key, bytes)
  return key
}

/** The text of a key, for those few that may have the text. Node's own export takes as long as an HMAC. */
export function textOf(key: KeyObject): string {
  return (bytesOf.get(key) ?? key.export()).toString('utf8')
}

/** Never from the pool of buffers, whose memory every small buffer of the program can read. */
function toBytes(text: string): Buffer {
  return Buffer.alloc(Buffer.byteLength(text, 'utf8'), text, 'utf8')
}
