import { Math } from '../platform/platform.js'
import type { TraceRecord } from '../record/trace-record.js'

const RECORD_OVERHEAD = 400
const VALUE_OVERHEAD = 16
const MAX_VALUES = 2_000

/** Shorter texts count as many bytes as characters: what they may have beyond, the overheads cover. */
const MIN_SAMPLED_LENGTH = 64
const SAMPLES = 4
const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const DELETE = 0x7f

/**
 * How many bytes a record is, roughly: as JSON in UTF-8, and in memory.
 *
 * Of a record with more values than any record of ours, the rest is not looked at: it might refer to itself.
 */
export function sizeOf(record: TraceRecord): number {
  let size = RECORD_OVERHEAD
  const values: unknown[] = [record.info]
  for (let index = 0; index < values.length && index < MAX_VALUES; index++) {
    const value = values[index]
    size += VALUE_OVERHEAD
    if (typeof value === 'string') size += textSize(value)
    if (typeof value !== 'object' || value === null) continue
    for (const name in value) {
      size += VALUE_OVERHEAD + name.length
      values.push((value as Record<string, unknown>)[name])
      if (values.length >= MAX_VALUES) break
    }
  }
  return size
}

/** A sample of the characters says how long the text is in UTF-8: counting all of them costs as much as the point. */
function textSize(text: string): number {
  const { length } = text
  if (length < MIN_SAMPLED_LENGTH) return length
  const step = Math.floor(length / SAMPLES)
  let more = 0
  for (let sample = 0; sample < SAMPLES; sample++) more += bytesBeyondOne(text.charCodeAt(step * sample))
  return length + more * step
}

/** How many bytes a UTF-16 unit has in JSON, without its first one. */
function bytesBeyondOne(unit: number): number {
  if (unit > DELETE) return 2
  if (unit < SPACE) return 5
  return unit === QUOTE || unit === BACKSLASH ? 1 : 0
}
