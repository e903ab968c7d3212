import { Buffer, String } from '../../platform/platform.js'

const PERCENT = 37
const PLUS = 43
const BLANK = 32

const MAX_SHORT_CHARS = 48

/**
 * Decodes a part of a URL, but keeps malformed escapes. For a part with many escapes, this is several times as fast as
 * `decodeURIComponent`.
 */
export function decodeEscapes(part: string): string {
  return (part.length <= MAX_SHORT_CHARS ? decodeAscii(part) : undefined) ?? decodeBytes(part)
}

function decodeAscii(part: string): string | undefined {
  let decoded = ''
  for (let at = 0; at < part.length; at++) {
    const code = part.charCodeAt(at)
    const escaped = code === PERCENT ? hexDigit(part.charCodeAt(at + 1)) * 16 + hexDigit(part.charCodeAt(at + 2)) : -1
    if (escaped >= 128) return undefined
    if (escaped >= 0) at += 2
    decoded += escaped >= 0 ? String.fromCharCode(escaped) : code === PLUS ? ' ' : part[at]
  }
  return decoded
}

function decodeBytes(part: string): string {
  const bytes = Buffer.from(part)
  const { length } = bytes
  let written = 0
  for (let at = 0; at < length; at++) {
    const byte = bytes[at] as number
    const escaped = byte === PERCENT ? hexDigit(bytes[at + 1]) * 16 + hexDigit(bytes[at + 2]) : -1
    if (escaped >= 0) at += 2
    bytes[written++] = escaped >= 0 ? escaped : byte === PLUS ? BLANK : byte
  }
  return bytes.toString('utf8', 0, written)
}

/** Returns the value of a hexadecimal digit, or otherwise a number so small that any sum with it is negative. */
function hexDigit(code = 0): number {
  if (code >= 48 && code <= 57) return code - 48
  const letter = code | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1_000
}
