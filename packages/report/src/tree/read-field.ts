import { asNumber, ExactNumber } from '@osprofiler/core/json'

/**
 * Follows a path of own properties into a value of which nothing is known; `undefined` where it ends. Records come
 * from other programs: `readField(record, 'info', 'host')` is safe on any of them.
 */
export function readField(value: unknown, ...path: readonly string[]): unknown {
  let current = value
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined
    current = (current as Record<string, unknown>)[key]
  }
  return current
}

/** As `readField`, for a field that only counts as a non-empty string. */
export function readText(value: unknown, ...path: readonly string[]): string | undefined {
  const found = readField(value, ...path)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** As `readField`, for a field that only counts as a number. */
export function readNumber(value: unknown, ...path: readonly string[]): number | undefined {
  return asNumber(readField(value, ...path))
}

/** Whether a value of JSON has members or elements. */
export function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ExactNumber.is(value)
}

/** Whether a value of JSON is an object with members, as a record and its `info` are. */
export function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return isContainer(value) && !Array.isArray(value)
}
