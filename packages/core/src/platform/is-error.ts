import { Error, types } from './platform.js'

/** Whether a value is an error, also one of another realm, a `DOMException`, or an object that inherits from an error. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || (!types.isProxy(value) && value instanceof Error)
}
