/**
 * The characters that a terminal interprets or hides. `Cc` are control characters, which include newlines and start
 * every ANSI escape. `Cf` are format characters: bidirectional overrides, zero-width characters, tags. `Cs` are lone
 * surrogates, and `Zl` and `Zp` are separators. The last class contains fillers and variation selectors, which are
 * invisible by default according to Unicode.
 */
const UNSAFE_CHARACTERS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** The default maximum length of a text. It is far more than fits on a line. */
const MAX_SHOWN_CHARS = 4000

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Makes text from a record safe to print. Replaces characters that a terminal would interpret or hide with visible
 * escapes, such as `\u001b`, `\n` or `\u{e0041}`. The result is one line without control, bidirectional or invisible
 * characters.
 */
export function escapeControl(text: string): string {
  return text.replace(
    UNSAFE_CHARACTERS,
    character => SHORT_ESCAPES[character] ?? toEscape(character.codePointAt(0) ?? 0),
  )
}

/**
 * Returns a value from a record as printable text, which is empty for null and `undefined`. A text of more than
 * `maxChars` characters is cut and ends with `ellipsis`. It is cut before it is escaped, because it may have megabytes.
 */
export function showText(value: unknown, maxChars = MAX_SHOWN_CHARS, ellipsis = ''): string {
  const text = String(value ?? '')
  return text.length <= maxChars ? escapeControl(text) : `${escapeControl(text.slice(0, maxChars))}${ellipsis}`
}

function toEscape(codePoint: number): string {
  const hex = codePoint.toString(16)
  return codePoint > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`
}
