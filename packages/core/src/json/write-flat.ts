import { ExactNumber } from './exact-number.js'
import { Array, isFinite, JSON, Object, Set, String } from './language.js'

interface Frame {
  readonly owner: object
  /** Undefined for a list. */
  readonly names: readonly string[] | undefined
  readonly values: readonly unknown[]
  next: number
}

/**
 * Writes JSON without recursion. Handles what `JSON.stringify` refuses or writes differently: any depth, cycles,
 * BigInt, `ExactNumber`, `NaN` and infinite numbers. In all other cases, works like `JSON.stringify`.
 */
export function writeFlat(top: unknown, indent: 0 | 2): string {
  const parts: string[] = []
  const stack: Frame[] = []
  const open = new Set<object>()
  const colon = indent === 0 ? ':' : ': '

  const breakLine = (): void => {
    if (indent > 0) parts.push(`\n${' '.repeat(indent * stack.length)}`)
  }

  const write = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || ExactNumber.is(value)) {
      parts.push(scalarText(value))
    } else if (open.has(value)) {
      parts.push('"[circular]"')
    } else {
      const frame = toFrame(value)
      parts.push(frame.names === undefined ? '[' : '{')
      open.add(value)
      stack.push(frame)
    }
  }

  write(applyToJson(top, ''))
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { names, values, owner } = frame
    if (frame.next === values.length) {
      stack.pop()
      open.delete(owner)
      if (values.length > 0) breakLine()
      parts.push(names === undefined ? ']' : '}')
      continue
    }
    const index = frame.next++
    if (index > 0) parts.push(',')
    breakLine()
    const name = names?.[index]
    if (name !== undefined) parts.push(JSON.stringify(name), colon)
    write(values[index])
  }
  return parts.join('')
}

function toFrame(owner: object): Frame {
  if (Array.isArray(owner)) {
    const values = Array.from(owner, (value: unknown, index) => applyToJson(value, String(index)))
    return { owner, names: undefined, values, next: 0 }
  }
  const names: string[] = []
  const values: unknown[] = []
  for (const name of Object.keys(owner)) {
    const value = applyToJson((owner as Record<string, unknown>)[name], name)
    if (!hasJson(value)) continue
    names.push(name)
    values.push(value)
  }
  return { owner, names, values, next: 0 }
}

/** Like `JSON.stringify`, applies the `toJSON` method of a value that has one, such as a date. */
function applyToJson(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || ExactNumber.is(value) || !('toJSON' in value)) return value
  return typeof value.toJSON === 'function' ? value.toJSON(name) : value
}

/** Returns false for a value that JSON omits from an object. */
function hasJson(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol'
}

function scalarText(value: unknown): string {
  if (ExactNumber.is(value)) return value.source
  if (typeof value === 'number') return isFinite(value) ? JSON.stringify(value) : String(value)
  if (typeof value === 'bigint') return `"${String(value)}"`
  return hasJson(value) ? JSON.stringify(value) : 'null'
}

/**
 * Returns whether a value contains `NaN` or `Infinity`, which many JSON parsers reject. Accepts cycles. Takes linear
 * time.
 */
export function holdsWord(top: unknown): boolean {
  const visited = new Set<unknown>()
  const waiting: unknown[] = [top]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value === 'number' && !isFinite(value)) return true
    if (typeof value !== 'object' || value === null || visited.has(value)) continue
    visited.add(value)
    for (const name of Object.keys(value)) waiting.push((value as Record<string, unknown>)[name])
  }
  return false
}
