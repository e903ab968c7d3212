import { Error, types } from './platform.js'

/** Returns whether a value is or inherits from an error, even of another realm, or is a `DOMException`. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || (!types.isProxy(value) && value instanceof Error)
}
