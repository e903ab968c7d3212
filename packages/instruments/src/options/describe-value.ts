import { Array, JSON } from '@osprofiler/core/toolkit'

/** What was given in place of an option, for the message of an error: a text as it is, of anything else its kind. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}
