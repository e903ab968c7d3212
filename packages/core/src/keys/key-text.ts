import { isUtf8 } from 'node:buffer'
import { Buffer, Error, RegExp, TextDecoder } from '../platform/platform.js'

/**
 * Decodes bytes according to their byte order mark, which PowerShell's `>` and Notepad write. Without a mark, decodes
 * UTF-8.
 *
 * @throws Error whose message says why the bytes are not text
 */
export function decodeKeyText(bytes: Buffer): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return decodeUtf16(bytes)
  // Swaps the bytes of a copy, because swap16() would change the caller's bytes.
  if (first === 0xfe && second === 0xff) return decodeUtf16(swapBytes(bytes))
  if (!isUtf8(bytes)) throw new Error('it is not UTF-8')
  return bytes.toString('utf8')
}

/**
 * Splits the content of a file, a variable or standard input into keys, at commas and line ends. Drops blank keys and a
 * byte order mark. Refuses text that people and Python would read differently: quotes, comments, and lines of an `.env`
 * file.
 *
 * @throws Error whose message says the reason and contains no key
 */
export function splitKeyText(text: string): readonly string[] {
  const keys = text
    .replace(/^\ufeff/, '')
    .split(/[,\r\n]/)
    .map(trimKey)
    .filter(key => key !== '')
  keys.forEach((key, index) => {
    const fault = FAULTS.find(({ pattern }) => pattern.test(key))
    if (fault !== undefined) throw new Error(`its ${toOrdinal(index)} key ${fault.reason}`)
  })
  return keys
}

/** Returns the ordinal with which messages name a key. The index 0 is `first`. */
export function toOrdinal(index: number): string {
  return ['first', 'second', 'third'][index] ?? `${index + 1}th`
}

// Matches the white space that Python's strip() removes. Unlike JavaScript's trim(), Python's strip() keeps U+FEFF, and
// removes U+0085 and U+001C to U+001F.
const SPACE = '(?:[^\\S\\ufeff]|[\\x1c-\\x1f\\x85])+'
const EDGE_SPACES = new RegExp(`^${SPACE}|${SPACE}$`, 'g')

/** Trims a key like Python's strip(). */
export function trimKey(key: string): string {
  return key.replace(EDGE_SPACES, '')
}

const FAULTS: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^["'`\u2018-\u201f]|["'`\u2018-\u201f]$/, reason: 'is in quotes: remove the quotes' },
  { pattern: /^#/, reason: 'begins with #: remove the line, because comments are not supported' },
  {
    pattern: /^(?:export\s+|set\s+|\$env:)?OSPROFILER_HMAC_KEYS(?:_FILE)?\s*=/i,
    reason: 'is a line of an .env file: remove everything up to the "="',
  },
  { pattern: /^-----/, reason: 'is a line of a PEM file: create a key with "osprofiler key new"' },
  { pattern: /\0/, reason: 'has NUL characters, as in UTF-16 without a byte order mark: use UTF-8' },
  { pattern: /\p{Cc}/u, reason: 'has control characters' },
  { pattern: /\ufffd/, reason: 'has characters that are not UTF-8' },
  {
    pattern: /[\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/,
    reason: 'has invisible characters: type it again',
  },
]

function decodeUtf16(bytes: Buffer): string {
  try {
    // TextDecoder drops the byte order mark.
    return new TextDecoder('utf-16le', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('it begins with a UTF-16 byte order mark but is not UTF-16')
  }
}

function swapBytes(bytes: Buffer): Buffer {
  if (bytes.length % 2 === 1) throw new Error('it begins with a UTF-16 byte order mark but is not UTF-16')
  return Buffer.from(bytes).swap16()
}
