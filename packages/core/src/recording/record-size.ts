import { Math } from '../platform/platform.js'
import type { TraceRecord } from '../record/trace-record.js'

const RECORD_OVERHEAD_BYTES = 400
const VALUE_OVERHEAD_BYTES = 16
const MAX_VALUES = 2_000

/** A shorter string counts as ASCII, because the fixed overheads of the estimate cover its extra bytes. */
const MIN_SAMPLED_CHARS = 64
const SAMPLES = 4
const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const DELETE = 0x7f

/**
 * Estimates a record's size in bytes, as JSON or in memory. Stops at `MAX_VALUES` values, because the info may be
 * circular.
 */
export function estimateRecordBytes(record: TraceRecord): number {
  let size = RECORD_OVERHEAD_BYTES
  const values: unknown[] = [record.info]
  for (let index = 0; index < values.length && index < MAX_VALUES; index++) {
    const value = values[index]
    size += VALUE_OVERHEAD_BYTES
    if (typeof value === 'string') size += estimateTextBytes(value)
    if (typeof value !== 'object' || value === null) continue
    for (const name in value) {
      size += VALUE_OVERHEAD_BYTES + name.length
      values.push((value as Record<string, unknown>)[name])
      if (values.length >= MAX_VALUES) break
    }
  }
  return size
}

/**
 * Estimates a string's length in UTF-8 from a few characters. Counting all bytes would take as long as recording a
 * point.
 */
function estimateTextBytes(text: string): number {
  const { length } = text
  if (length < MIN_SAMPLED_CHARS) return length
  const step = Math.floor(length / SAMPLES)
  let more = 0
  for (let sample = 0; sample < SAMPLES; sample++) more += bytesBeyondOne(text.charCodeAt(step * sample))
  return length + more * step
}

/** Returns how many bytes a UTF-16 unit takes in JSON, beyond the first byte. */
function bytesBeyondOne(unit: number): number {
  if (unit > DELETE) return 2
  if (unit < SPACE) return 5
  return unit === QUOTE || unit === BACKSLASH ? 1 : 0
}
