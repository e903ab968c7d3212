const BEYOND_ASCII = /[\u007f-\uffff]/g

/** Deeper values stand on one line: their indentation would grow with the square of the depth. */
const DEEPEST_INDENTED = 100

/**
 * JSON text: `indent` spaces a level, or one line with 0. Unlike `JSON.stringify`, the function takes cycles, BigInt and
 * values nested so deep that recursion would overflow. Values nested more than 100 deep stand on one line.
 */
export function jsonText(value: unknown, indent: 0 | 2): string {
  if (indent > 0 && !isIndentable(value, DEEPEST_INDENTED)) return jsonText(value, 0)
  try {
    return JSON.stringify(value, null, indent) ?? 'null'
  } catch {
    return writeFlat(value)
  }
}

/** As `jsonText`, in pure ASCII, as Python's `json.dumps` writes it. */
export function writeJson(value: unknown, indent: 0 | 2): string {
  return escapeBeyondAscii(jsonText(value, indent))
}

/**
 * The text that `value` has inside of `level` objects or lists, each indented by two spaces, without what is around it.
 * Written where it stands: to indent a finished text line by line takes longer than to write it.
 */
export function writeNestedJson(value: unknown, level: number): string {
  if (!isIndentable(value, DEEPEST_INDENTED)) return writeJson(value, 0)
  let nested = value
  for (let outer = 0; outer < level; outer++) nested = [nested]
  let text: string
  try {
    text = JSON.stringify(nested, null, 2)
  } catch {
    return writeJson(value, 0)
  }
  // Before it stand a bracket, a line break and the next indentation for each list; after it the same in reverse.
  return escapeBeyondAscii(text.slice(level * (level + 3), text.length - level * (level + 1)))
}

/** Whether a value has at most so many levels. The recursion goes no deeper than that. */
function isIndentable(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (levels === 0) return false
  if (Array.isArray(value)) return value.every(member => isIndentable(member, levels - 1))
  for (const key in value) {
    if (!isIndentable((value as Record<string, unknown>)[key], levels - 1)) return false
  }
  return true
}

function escapeBeyondAscii(text: string): string {
  return text.replace(BEYOND_ASCII, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

interface Frame {
  readonly owner: object
  readonly keys: readonly string[] | undefined
  readonly values: readonly unknown[]
  next: number
}

function writeFlat(top: unknown): string {
  const parts: string[] = []
  const stack: Frame[] = []
  const open = new Set<object>()

  const write = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      if (open.has(value)) {
        parts.push('"[circular]"')
        return
      }
      const keys = Array.isArray(value) ? undefined : Object.keys(value)
      open.add(value)
      stack.push({ owner: value, keys, values: Array.isArray(value) ? value : Object.values(value), next: 0 })
      parts.push(keys === undefined ? '[' : '{')
    } else {
      parts.push(JSON.stringify(typeof value === 'bigint' ? String(value) : value) ?? 'null')
    }
  }

  write(top)
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    if (frame.next === frame.values.length) {
      parts.push(frame.keys === undefined ? ']' : '}')
      open.delete(frame.owner)
      stack.pop()
      continue
    }
    const index = frame.next++
    if (index > 0) parts.push(',')
    const key = frame.keys?.[index]
    if (key !== undefined) parts.push(JSON.stringify(key), ':')
    write(frame.values[index])
  }
  return parts.join('')
}
