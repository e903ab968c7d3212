import { Array, JSON } from '@osprofiler/core/toolkit'

/**
 * Describes an invalid option for an error message: a string by its first 60 characters, any other value by its type.
 */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}
