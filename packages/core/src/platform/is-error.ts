import { Error, types } from './platform.js'

/** Returns whether a value is an error, inherits from one, or is a `DOMException`. Accepts errors from other realms. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || (!types.isProxy(value) && value instanceof Error)
}
