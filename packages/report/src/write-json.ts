const BEYOND_ASCII = /[\u007f-\uffff]/g

/**
 * JSON text in pure ASCII, as Python's `json.dumps` writes it: `indent` spaces a level, or one line with 0. Unlike
 * `JSON.stringify` it takes values nested so deep that recursion would overflow (these on one line), cycles and BigInt.
 */
export function writeJson(value: unknown, indent: 0 | 2): string {
  let text: string
  try {
    text = JSON.stringify(value, null, indent) ?? 'null'
  } catch {
    text = writeFlat(value)
  }
  return escapeBeyondAscii(text)
}

/**
 * The text that `value` has inside of `level` objects or lists, each indented by two spaces, without what is around it.
 * Written where it stands: to indent a finished text line by line takes longer than to write it.
 */
export function writeNestedJson(value: unknown, level: number): string {
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
