import { Object } from '@osprofiler/core/platform'
import { isObject } from './record-text.js'

/** The type names with which kombu, the library under oslo.messaging, sends values that JSON cannot express. */
const TEXT_TYPES = ['datetime', 'date', 'time', 'decimal', 'bytes', 'base64']

/**
 * Replaces tagged objects, such as `{"__type__": "date", "__value__": "2026-11-28"}`, with the strings that Python
 * shows for their values. oslo.messaging 18 sends such objects for dates, UUIDs, decimals and bytes. Bytes that are not
 * UTF-8 remain base64. Changes the given value in place, at any depth. The format is defined in `_encoders` and
 * `_decoders` of kombu/utils/json.py, 5.3 to 5.7.
 */
export function untagValues<Value>(top: Value): Value {
  const pending: unknown[] = [top]
  while (pending.length > 0) {
    const holder = pending.pop()
    if (typeof holder !== 'object' || holder === null) continue
    const members = holder as Record<string, unknown>
    for (const name of Object.keys(members)) {
      const text = readTagged(members[name])
      if (text !== undefined) members[name] = text
      else pending.push(members[name])
    }
  }
  return top
}

function readTagged(value: unknown): string | undefined {
  if (!isObject(value) || Object.keys(value).length !== 2) return undefined
  const { __type__: type, __value__: content } = value
  if (typeof content === 'string') return typeof type === 'string' && TEXT_TYPES.includes(type) ? content : undefined
  return type === 'uuid' && isObject(content) && typeof content.hex === 'string' ? withHyphens(content.hex) : undefined
}

function withHyphens(hex: string): string {
  return hex.replace(/^(\w{8})(\w{4})(\w{4})(\w{4})(\w{12})$/, '$1-$2-$3-$4-$5')
}
