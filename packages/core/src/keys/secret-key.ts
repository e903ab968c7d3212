import type { KeyObject } from 'node:crypto'
import { Buffer, createSecretKey, WeakMap } from '../platform/platform.js'

// The bytes are outside JavaScript's heap, so a heap dump does not show a key as text.
const bytesOf = new WeakMap<KeyObject, Buffer>()

/** Creates a key object, which does not show the key's text when it is printed. */
export function toSecretKey(text: string): KeyObject {
  return createSecretKey(toBytes(text))
}

/** Works like `toSecretKey`, but also prepares the key for `readKeyText`. */
export function toReadableKey(text: string): KeyObject {
  const bytes = toBytes(text)
  const key = createSecretKey(bytes)
  bytesOf.set(key, bytes)
  return key
}

/**
 * Returns the text of a key, for the few callers that may see the text. For prepared keys, avoids Node's `export`,
 * which takes as long as an HMAC.
 */
export function readKeyText(key: KeyObject): string {
  return (bytesOf.get(key) ?? key.export()).toString('utf8')
}

/**
 * Copies a text to a buffer outside Node's buffer pool. Every small buffer of the application gives access to the
 * memory of this pool.
 */
function toBytes(text: string): Buffer {
  return Buffer.alloc(Buffer.byteLength(text, 'utf8'), text, 'utf8')
}
