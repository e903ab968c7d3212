import { Array, ArrayBuffer, Date, Number, Object, Reflect, types, URL } from '../platform/platform.js'
import { redactText } from '../secrets/redact-text.js'
import { messageToShow } from './describe-exception.js'

/** Maximum length of a recorded string, in characters. */
export const MAX_STRING_CHARS = 10_000
const readHref = Object.getOwnPropertyDescriptor(URL.prototype, 'href')?.get as (this: object) => string

/**
 * Describes an object whose members are not shown, such as a date. Only checks internal slots, so none of the object's
 * code runs.
 */
export function describeObject(value: object): string | undefined {
  // Most objects are plain, so this check avoids the slower checks below, each of which calls native code.
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === Array.prototype || prototype === null) return undefined
  if (types.isNativeError(value)) return describeError(value)
  if (types.isDate(value)) {
    const time = Reflect.apply(Date.prototype.getTime, value, [])
    return Number.isNaN(time) ? '[Invalid Date]' : new Date(time).toISOString()
  }
  if (types.isRegExp(value)) return '[RegExp]'
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`
  if (types.isMap(value) || types.isSet(value)) return `[${types.isMap(value) ? 'Map' : 'Set'}]`
  if (types.isPromise(value)) return '[Promise]'
  if (types.isWeakMap(value) || types.isWeakSet(value) || types.isGeneratorObject(value)) return '[Object]'
  return describeUrl(value)
}

function describeError(error: object): string {
  const message = Object.getOwnPropertyDescriptor(error, 'message')?.value
  return redactText(typeof message === 'string' ? `Error: ${messageToShow(error)}` : 'Error', MAX_STRING_CHARS)
}

/**
 * Describes a `URL`. Uses neither `instanceof`, which visits each prototype, nor the member `href`, because both could
 * run the application's code.
 */
function describeUrl(value: object): string | undefined {
  if (Object.getPrototypeOf(value) !== URL.prototype) return undefined
  try {
    return redactText(Reflect.apply(readHref, value, []), MAX_STRING_CHARS)
  } catch {
    return undefined
  }
}
