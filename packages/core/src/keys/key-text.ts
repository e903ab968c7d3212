import { isUtf8 } from 'node:buffer'
import { Buffer, Error, RegExp, TextDecoder } from '../platform/platform.js'

/**
 * The text in the bytes of a file or of standard input. A byte order mark says which encoding it is, as PowerShell's `>`
 * and Notepad write one; without a mark the bytes are UTF-8.
 *
 * @throws Error whose message says why the bytes are no text
 */
export function decodeKeyText(bytes: Buffer): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return decodeUtf16(bytes)
  // A copy: swap16() changes the bytes of its caller.
  if (first === 0xfe && second === 0xff) return decodeUtf16(swap(bytes))
  if (!isUtf8(bytes)) throw new Error('it is not UTF-8')
  return bytes.toString('utf8')
}

/**
 * The keys in a text, as files, variables and standard input hold them: separated by commas or line ends, with the blanks
 * around each key dropped, and a byte order mark before the first.
 *
 * A spelling that people mean in one way and Python reads in another is refused: quotes around a key, a comment, a line
 * of an `.env` file.
 *
 * @throws Error whose message says why, and holds no key
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

/** How messages name a key: by its place, counted from 1. */
export function ordinal(index: number): string {
  return ['first', 'second', 'third'][index] ?? `${index + 1}th`
}

// What Python's strip() takes for white space. trim() differs: U+FEFF and not U+0085, nor the four separators.
const SPACE = '(?:[^\\S\\ufeff]|[\\x1c-\\x1f\\x85])+'
const EDGES = new RegExp(`^${SPACE}|${SPACE}$`, 'g')

/** A key without the blanks around it, as Python's strip() leaves it. */
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
