import { asNumber, ExactNumber } from '@osprofiler/core/json'

/**
 * Follows a path of own properties into any value. Returns `undefined` if the path does not exist. Safe for untrusted
 * records.
 */
export function readField(value: unknown, ...path: readonly string[]): unknown {
  let current = value
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined
    current = (current as Record<string, unknown>)[key]
  }
  return current
}

/** Works like `readField`, but returns only a non-empty string. */
export function readText(value: unknown, ...path: readonly string[]): string | undefined {
  const found = readField(value, ...path)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** Works like `readField`, but returns only a number. */
export function readNumber(value: unknown, ...path: readonly string[]): number | undefined {
  return asNumber(readField(value, ...path))
}

/** Returns whether a JSON value is an object or an array. */
export function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ExactNumber.is(value)
}

/** Returns whether a JSON value is an object, such as a record or its `info`. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return isContainer(value) && !Array.isArray(value)
}
