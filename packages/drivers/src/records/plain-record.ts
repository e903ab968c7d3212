import type { TraceRecord } from '@osprofiler/core'
import { ExactNumber, parseJson, setMember, stringifyJson } from '@osprofiler/core/json'
import { Array, Error, Object } from '@osprofiler/core/platform'
import { isObject } from './record-text.js'
import { isTimestamp } from './record-time.js'

/**
 * Maximum depth for copying without JSON. Deeper values are copied by encoding and decoding JSON, which also detects
 * cycles.
 */
const MAX_DEPTH = 50

/**
 * Copies a value to a plain record, which consists of strings, a valid timestamp, and `info` as it is after a round
 * trip through JSON. Returns undefined if a member is not a string, the timestamp is invalid, or JSON cannot encode
 * `info`, because no store accepts such a record. JSON cannot encode a cycle, a BigInt, or a getter that throws. Most
 * records are copied without JSON, which takes a fifth of the time of encoding and decoding JSON.
 */
export function toPlainRecord(value: unknown): TraceRecord | undefined {
  try {
    if (!isObject(value)) return undefined
    const { name, base_id, parent_id, trace_id, timestamp, info, project, service } = value as unknown as TraceRecord
    if (!areTexts(name, base_id, parent_id, trace_id, timestamp, project, service)) return undefined
    if (!isTimestamp(timestamp) || !isObject(info)) return undefined
    return { name, base_id, parent_id, trace_id, timestamp, info: copyInfo(info), project, service }
  } catch {
    return undefined
  }
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every(value => typeof value === 'string')
}

function copyInfo(info: TraceRecord['info']): TraceRecord['info'] {
  try {
    return copyObject(info, MAX_DEPTH)
  } catch {
    // `info` could not be copied directly. If the reason was a getter that throws, it throws again here.
    const parsed = parseJson(stringifyJson(info) ?? '')
    return isObject(parsed) ? parsed : {}
  }
}

function copyValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  // Adding 0 turns -0 into 0, as JSON does.
  if (typeof value === 'number') return value + 0
  if (ExactNumber.is(value)) return value
  if (typeof value !== 'object' || depth === 0) throw new Error('not plain')
  return Array.isArray(value) ? copyArray(value, depth) : copyObject(value as Record<string, unknown>, depth)
}

function copyArray(values: readonly unknown[], depth: number): unknown[] {
  if ('toJSON' in values) throw new Error('not plain')
  return Array.from(values, value => copyValue(value, depth - 1))
}

function copyObject(value: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value)
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) throw new Error('not plain')
  const members: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new Error('not plain')
    const member = value[key]
    if (member !== undefined) setMember(members, key, copyValue(member, depth - 1))
  }
  return members
}
