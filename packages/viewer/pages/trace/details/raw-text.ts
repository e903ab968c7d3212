import { jsonText } from '@osprofiler/core/json'
import { escapeControl } from '@osprofiler/report'

const BEYOND_UNITS = /[\u{10000}-\u{10ffff}]/gu

/**
 * A value as JSON that may be shown and copied: the text keeps its line breaks, and characters that would hide or turn
 * letters round are escaped. The escapes are those of JSON, so that a copy is the same value.
 */
export function rawText(value: unknown): string {
  const lines = jsonText(value, 2).split('\n')
  return lines.map(line => escapeControl(line.replace(BEYOND_UNITS, escapePair))).join('\n')
}

/** `escapeControl` would write `\u{e0041}`, which JSON does not know. */
function escapePair(pair: string): string {
  if (escapeControl(pair) === pair) return pair
  return [pair.charCodeAt(0), pair.charCodeAt(1)].map(unit => `\\u${unit.toString(16)}`).join('')
}
