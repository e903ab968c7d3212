import type { TraceRecord } from '@osprofiler/core'
import { Array, Error, Number, Object } from '@osprofiler/core/toolkit'
import { decodeRecord, encodeRecord, isObject } from '../../records/record-text.js'

/** More levels are left to JSON, which knows a way to end. */
const MAX_DEPTH = 50

/**
 * A record as JSON has it: nobody else's, and of nothing but texts, numbers, truth, null, plain objects and arrays.
 * Undefined for one that no store can take, see `encodeRecord`.
 *
 * Most are copied in one walk, in a fifth of the time that writing JSON and reading it takes.
 */
export function toPlainRecord(record: TraceRecord): TraceRecord | undefined {
  const copy = copyRecord(record)
  if (copy !== undefined) return copy
  const line = encodeRecord(record)
  return line === undefined ? undefined : decodeRecord(line)
}

/** Undefined for a record that wants a closer look. */
function copyRecord(record: TraceRecord): TraceRecord | undefined {
  try {
    const { name, base_id, parent_id, trace_id, timestamp, info, project, service } = record
    const texts = [name, base_id, parent_id, trace_id, timestamp, project, service]
    if (!texts.every(text => typeof text === 'string') || !isObject(info)) return undefined
    const copy = copyObject(info, MAX_DEPTH)
    return { name, base_id, parent_id, trace_id, timestamp, info: copy, project, service }
  } catch {
    // Also of a getter's making: whoever writes the JSON meets it again, and refuses the record.
    return undefined
  }
}

function copyValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  // JSON knows no -0.
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0
  if (depth === 0) throw new Error('not plain')
  if (Array.isArray(value)) return copyArray(value, depth)
  if (isObject(value)) return copyObject(value, depth)
  throw new Error('not plain')
}

function copyArray(values: readonly unknown[], depth: number): unknown[] {
  if ('toJSON' in values) throw new Error('not plain')
  return Array.from(values, value => copyValue(value, depth - 1))
}

function copyObject(value: Record<string, unknown>, depth: number): Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value)
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) throw new Error('not plain')
  const members: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new Error('not plain')
    const member = value[key]
    if (member !== undefined) members[key] = copyValue(member, depth - 1)
  }
  return members
}
