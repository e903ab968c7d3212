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
