import { jsonText } from '@osprofiler/core/json'
import { escapeControl } from '@osprofiler/report'

const ASTRAL_CHARACTERS = /[\u{10000}-\u{10ffff}]/gu

/**
 * Returns a value as JSON to show and to copy. Line breaks are kept, and characters that could hide or reverse letters
 * are escaped. The escapes are JSON escapes, so that a copied text has the same value.
 */
export function formatRecord(value: unknown): string {
  const lines = jsonText(value, 2).split('\n')
  return lines.map(line => escapeControl(line.replace(ASTRAL_CHARACTERS, escapePair))).join('\n')
}

/**
 * Escapes the two halves of a surrogate pair separately, because `escapeControl` would write `\u{e0041}`, which is not
 * JSON.
 */
function escapePair(pair: string): string {
  if (escapeControl(pair) === pair) return pair
  return [pair.charCodeAt(0), pair.charCodeAt(1)].map(unit => `\\u${unit.toString(16)}`).join('')
}
