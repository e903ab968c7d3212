import { isUtf8 } from 'node:buffer'
import { Buffer, Error, RegExp, TextDecoder } from '../platform/platform.js'

/**
 * Decodes bytes by their byte order mark, which PowerShell's `>` and Notepad write, and otherwise as UTF-8.
 *
 * @throws Error whose message says why the bytes are not text
 */
export function decodeKeyText(bytes: Buffer): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return decodeUtf16(bytes)
  // A copy, because swap16() changes the bytes of its caller.
  if (first === 0xfe && second === 0xff) return decodeUtf16(swap(bytes))
  if (!isUtf8(bytes)) throw new Error('it is not UTF-8')
  return bytes.toString('utf8')
}

/**
 * Splits a text from a file, variable or standard input into keys, at commas and line ends. Drops blanks and a byte
 * order mark. Refuses what people and Python read differently: quotes, a comment, a line of an `.env` file.
 *
 * @throws Error whose message gives the reason and holds no key
 */
export function splitKeyText(text: string): readonly string[] {
  const keys = text
    .replace(/^\ufeff/, '')
    .split(/[,\r\n]/)
    .map(trimKey)
    .filter(key => key !== '')
  keys.forEach((key, index) => {
    const fault = FAULTS.find(({ pattern }) => pattern.test(key))
    if (fault !== undefined) throw new Error(`its ${ordinal(index)} key ${fault.reason}`)
  })
  return keys
}

/** Returns how messages name a key: by its position, counted from 1. */
export function ordinal(index: number): string {
  return ['first', 'second', 'third'][index] ?? `${index + 1}th`
}

// White space of Python's strip(). The white space of trim() has U+FEFF, but neither U+0085 nor U+001C to U+001F.
const SPACE = '(?:[^\\S\\ufeff]|[\\x1c-\\x1f\\x85])+'
const EDGES = new RegExp(`^${SPACE}|${SPACE}$`, 'g')

/** Trims a key as Python's strip() does. */
export function trimKey(key: string): string {
  return key.replace(EDGES, '')
}

const FAULTS: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^["'`\u2018-\u201f]|["'`\u2018-\u201f]$/, reason: 'is in quotes: take them out' },
  { pattern: /^#/, reason: 'begins with #: comments are not read, take the line out' },
  {
    pattern: /^(?:export\s+|set\s+|\$env:)?OSPROFILER_HMAC_KEYS(?:_FILE)?\s*=/i,
    reason: 'is a line of an .env file: take out all up to the "="',
  },
  { pattern: /^-----/, reason: 'is a line of a PEM file: make one with "osprofiler key new"' },
  { pattern: /\0/, reason: 'has NUL characters: is it UTF-16 without a byte order mark? Write it as UTF-8' },
  { pattern: /\p{Cc}/u, reason: 'has control characters' },
  { pattern: /\ufffd/, reason: 'has characters that are not UTF-8' },
  {
    pattern: /[\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/,
    reason: 'has invisible characters: type it anew',
  },
]

function decodeUtf16(bytes: Buffer): string {
  try {
    // The decoder drops the mark.
    return new TextDecoder('utf-16le', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('it begins as UTF-16 and is not')
  }
}

function swap(bytes: Buffer): Buffer {
  if (bytes.length % 2 === 1) throw new Error('it begins as UTF-16 and is not')
  return Buffer.from(bytes).swap16()
}
