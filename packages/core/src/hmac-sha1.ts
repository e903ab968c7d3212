import { hash } from 'node:crypto'

/** Signs a text: its HMAC-SHA1 under one key, as 40 lower-case hex digits. */
export type Sign = (text: string) => string

const BLOCK = 64
const DIGEST = 20
// For 300 characters whatever they are; two UUIDs make 140. What is longer gets a buffer of its own.
const ROOM = 900
const INNER = 0x36
const OUTER = 0x5c

/**
 * HMAC-SHA1 under the UTF-8 bytes of a key, as RFC 2104 makes it of two plain digests: in half the time of
 * `createHmac`, whose object lives outside of JavaScript and is dear to make and to collect.
 */
export function createSign(hmacKey: string): Sign {
  const key = Buffer.from(hmacKey, 'utf8')
  const block = Buffer.alloc(BLOCK)
  block.set(key.length > BLOCK ? hash('sha1', key, 'buffer') : key)
  // The key is in front of what is hashed. What follows is written anew each time, since nothing comes between.
  const inner = Buffer.concat([block.map(byte => byte ^ INNER), Buffer.alloc(ROOM)])
  const outer = Buffer.concat([block.map(byte => byte ^ OUTER), Buffer.alloc(DIGEST)])
  return text => {
    const room =
      3 * text.length <= ROOM ? inner : Buffer.concat([inner.subarray(0, BLOCK), Buffer.alloc(3 * text.length)])
    const length = room.write(text, BLOCK, 'utf8')
    outer.write(hash('sha1', room.subarray(0, BLOCK + length), 'binary'), BLOCK, 'latin1')
    return hash('sha1', outer, 'hex')
  }
}

const MAX_REMEMBERED = 8
const remembered = new Map<string, Sign>()

/** As `createSign`, made once for the few keys that a process has. */
export function signOf(hmacKey: string): Sign {
  const known = remembered.get(hmacKey)
  if (known !== undefined) return known
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  const sign = createSign(hmacKey)
  remembered.set(hmacKey, sign)
  return sign
}
