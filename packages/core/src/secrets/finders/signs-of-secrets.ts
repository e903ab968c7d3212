import { Uint8Array } from '../../platform/platform.js'

/** An `=` or `:`, which may separate a name from a secret. */
export const PAIR = 1
/** A slash, as in a URL's path. */
export const SLASH = 2
/** An `@`, which may follow a user and a password. */
export const AT = 4
/** A `%`, which may begin an escape in a URL. */
export const PERCENT = 8
/** A `<`, which may begin an XML element. */
export const ANGLE = 16
/** A hyphen, which may begin a command option. */
export const OPTION = 32
/** A quote after a word and a space, as in `PASSWORD '...'`. */
export const QUOTED = 64
/** A word of at least 16 characters, which may be a token or a key. */
export const LONG_WORD = 128
/** Characters that may begin `Bearer` or `Basic`. */
export const SCHEME = 256
/** Several lines, or a first line that may begin with a command. */
export const COMMAND = 512
/** A list of strings in JSON. */
export const LIST = 1024

const LONG_WORD_CHARS = 16
const SIGN_OF = new Uint8Array(128)
const WORD = 128
const OTHER = 64
for (const [signs, bit] of [
  ['=:', PAIR],
  ['/', SLASH | WORD],
  ['@', AT],
  ['%', PERCENT],
  ['<', ANGLE],
  ['-', WORD | OTHER],
  ['\'"`\n', OTHER],
  ['bB', WORD | OTHER],
  ['.$_', WORD],
  ['0123456789acdefghijklmnopqrstuvwxyzACDEFGHIJKLMNOPQRSTUVWXYZ', WORD],
] as const) {
  for (const sign of signs) SIGN_OF[sign.charCodeAt(0)] = bit
}
const MAY_BEGIN_COMMAND = /^\s*(?:PASS|AUTH|machine|login|pragma|HELLO|MIGRATE|ACL)/i

/** Returns the signs of secrets in a text. For most texts, this single pass makes all other searches unnecessary. */
export function findSigns(text: string): number {
  const { length } = text
  let signs = 0
  let word = 0
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    const sign = code < 128 ? (SIGN_OF[code] as number) : 0
    if (sign === WORD) {
      word++
      continue
    }
    if ((sign & WORD) !== 0) word++
    else {
      if (word >= LONG_WORD_CHARS) signs |= LONG_WORD
      word = 0
    }
    if ((sign & OTHER) === 0) signs |= sign & 31
    else signs |= findSignsInContext(text, at, code)
  }
  if (word >= LONG_WORD_CHARS) signs |= LONG_WORD
  if ((signs & COMMAND) === 0 && MAY_BEGIN_COMMAND.test(text)) signs |= COMMAND
  return signs
}

function findSignsInContext(text: string, at: number, code: number): number {
  if (code === 10) return COMMAND
  if (code === 45) {
    const before = text.charCodeAt(at - 1)
    return before >= 48 && before !== 92 && before !== 96 ? 0 : OPTION
  }
  if (code === 98 || code === 66) {
    const next = text.charCodeAt(at + 1) | 32
    return next === 101 || next === 97 ? SCHEME : 0
  }
  const before = text.charCodeAt(at - 1)
  const first = before === 32 ? text.charCodeAt(at - 2) : before
  // The quote may be escaped, as in JSON inside a string.
  if (first === 91 || before === 92) return LIST
  // Matches `('x'`, `E'x'` and `U&'x'`.
  if (before === 40 || before === 38) return QUOTED
  if (before >= 66 && before <= 88 && text.charCodeAt(at - 2) < 65) return QUOTED
  const last = text.charCodeAt(at - 2)
  if (last === 62 || last === 61) return QUOTED
  return (before === 32 || before === 9 || before === 10) && text.charCodeAt(at - 2) >= 65 ? QUOTED : 0
}
