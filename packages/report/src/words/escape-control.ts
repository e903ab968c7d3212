/**
 * The characters that a terminal obeys or hides. `Cc` are control characters, and so every ANSI escape and newline.
 * `Cf` are format characters: bidirectional overrides, zero-width characters, tags. `Cs` are lone surrogates, and `Zl`
 * and `Zp` are separators. The last class has fillers and variation selectors, which Unicode wants ignored.
 */
const UNSAFE_CHARACTERS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** In characters: far more than fits on a line. */
const MAX_SHOWN_CHARS = 4000

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Makes text from a record safe to print. Characters that a terminal would obey or hide become visible escapes, such as
 * `\u001b`, `\n` or `\u{e0041}`. The result is one line without control, bidirectional or invisible characters.
 */
export function escapeControl(text: string): string {
  return text.replace(
    UNSAFE_CHARACTERS,
    character => SHORT_ESCAPES[character] ?? toEscape(character.codePointAt(0) ?? 0),
  )
}

/**
 * Returns a value of a record as printable text; empty for null and `undefined`. A text above `longest` characters is
 * cut before it is escaped, as it may have megabytes, and ends with `ellipsis`.
 */
export function showText(value: unknown, maxChars = MAX_SHOWN_CHARS, ellipsis = ''): string {
  const text = String(value ?? '')
  return text.length <= maxChars ? escapeControl(text) : `${escapeControl(text.slice(0, maxChars))}${ellipsis}`
}

function toEscape(codePoint: number): string {
  const hex = codePoint.toString(16)
  return codePoint > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`
}
