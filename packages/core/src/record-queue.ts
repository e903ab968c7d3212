import { Math } from './platform.js'
import type { TraceRecord } from './record.js'

const RECORD_OVERHEAD = 400
const VALUE_OVERHEAD = 16
const MAX_VALUES = 2_000

/** Records that wait, first in, first out, bounded in number and in roughly the memory that they take up. */
export class RecordQueue {
  readonly #maxRecords: number
  readonly #maxBytes: number
  #records: TraceRecord[] = []
  #sizes: number[] = []
  #head = 0
  #bytes = 0

  constructor(maxRecords: number, maxBytes: number) {
    this.#maxRecords = maxRecords
    this.#maxBytes = maxBytes
  }

  /** How many records wait. */
  get length(): number {
    return this.#records.length - this.#head
  }

  /** Takes a record in, or refuses it where there is no room. */
  push(record: TraceRecord): boolean {
    if (this.length >= this.#maxRecords) return false
    const size = sizeOf(record)
    if (this.#bytes + size > this.#maxBytes) return false
    this.#bytes += size
    this.#records.push(record)
    this.#sizes.push(size)
    return true
  }

  /** Takes out the oldest records, `count` at most. */
  take(count: number): readonly TraceRecord[] {
    const end = Math.min(this.#head + count, this.#records.length)
    const taken = this.#records.slice(this.#head, end)
    for (let index = this.#head; index < end; index++) this.#bytes -= this.#sizes[index] ?? 0
    this.#head = end
    // The front is cut off when it is half of the array: each record is moved once at most.
    if (this.#head * 2 >= this.#records.length) {
      this.#records = this.#records.slice(this.#head)
      this.#sizes = this.#sizes.slice(this.#head)
      this.#head = 0
    }
    return taken
  }
}

/** Roughly. Of what has more values than any record of ours, the rest is not looked at: it might refer to itself. */
function sizeOf(record: TraceRecord): number {
  let size = RECORD_OVERHEAD
  const values: unknown[] = [record.info]
  for (let index = 0; index < values.length && index < MAX_VALUES; index++) {
    const value = values[index]
    size += VALUE_OVERHEAD
    if (typeof value === 'string') size += value.length
    if (typeof value !== 'object' || value === null) continue
    for (const name in value) {
      size += VALUE_OVERHEAD + name.length
      values.push((value as Record<string, unknown>)[name])
      if (values.length >= MAX_VALUES) break
    }
  }
  return size
}
