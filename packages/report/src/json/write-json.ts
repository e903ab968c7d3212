import { isIndentable, jsonText, stringifyJson } from '@osprofiler/core/json'

const NON_ASCII_CHARACTERS = /[\u007f-\uffff]/g

/** Works like `jsonText`, but writes pure ASCII, as Python's `json.dumps` does. */
export function writeJson(value: unknown, indent: 0 | 2): string {
  return escapeNonAscii(jsonText(value, indent))
}

/**
 * Writes `value` with the indentation that it would have inside `level` nested lists. Indenting the finished text line
 * by line would take longer.
 */
export function writeNestedJson(value: unknown, level: number): string {
  if (!isIndentable(value)) return writeJson(value, 0)
  let nested = value
  for (let outer = 0; outer < level; outer++) nested = [nested]
  let text: string
  try {
    text = stringifyJson(nested, 2) ?? 'null'
  } catch {
    return writeJson(value, 0)
  }
  // Removes the outer lists. Before the value, each list added a bracket, a line break and an indentation to the text.
  // After the value, each list added a line break, an indentation and a bracket.
  return escapeNonAscii(text.slice(level * (level + 3), text.length - level * (level + 1)))
}

function escapeNonAscii(text: string): string {
  return text.replace(NON_ASCII_CHARACTERS, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
