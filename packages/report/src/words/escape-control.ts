/**
 * Everything that a terminal obeys or hides: control characters (C0, C1, DEL, with them every ANSI escape and newline),
 * format characters (bidirectional overrides, zero-width characters, tags), line and paragraph separators, lone
 * surrogates, and what Unicode wants ignored (fillers, variation selectors).
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** Far more than a line holds. */
const MAX_SHOWN_LENGTH = 4000

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Makes text from a record safe to print: what a terminal would obey or hide is shown as a visible escape, such as
 * `\u001b`, `\n` or `\u{e0041}`. The result is one line without control, bidirectional or invisible characters.
 */
export function escapeControl(text: string): string {
  return text.replace(UNSAFE, character => SHORT[character] ?? toEscape(character.codePointAt(0) ?? 0))
}

/**
 * What a record holds, as text that may be shown; empty for nothing. Megabytes are cut before work is spent on them.
 *
 * @param longest in characters
 * @param ellipsis stands for what was cut off
 */
export function showText(value: unknown, longest = MAX_SHOWN_LENGTH, ellipsis = ''): string {
  const text = String(value ?? '')
  return text.length <= longest ? escapeControl(text) : `${escapeControl(text.slice(0, longest))}${ellipsis}`
}

function toEscape(codePoint: number): string {
  const hex = codePoint.toString(16)
  return codePoint > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`
}
