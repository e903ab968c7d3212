import { isIndentable, jsonText, stringifyJson } from '@osprofiler/core/json'

const BEYOND_ASCII = /[\u007f-\uffff]/g

/** As `jsonText`, in pure ASCII, as Python's `json.dumps` writes it. */
export function writeJson(value: unknown, indent: 0 | 2): string {
  return escapeBeyondAscii(jsonText(value, indent))
}

/**
 * The text that `value` has inside of `level` objects or lists, each indented by two spaces, without what is around it.
 * Written where it stands: to indent a finished text line by line takes longer than to write it.
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
  // Before it stand a bracket, a line break and the next indentation for each list; after it the same in reverse.
  return escapeBeyondAscii(text.slice(level * (level + 3), text.length - level * (level + 1)))
}

function escapeBeyondAscii(text: string): string {
  return text.replace(BEYOND_ASCII, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
