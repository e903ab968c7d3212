import { Math, Number } from '../platform/platform.js'
import type { TraceRecord } from '../record/trace-record.js'
import { sizeOf } from '../recording/record-size.js'

/** The part of the queue that only the records of roots may use. */
const RESERVED_SHARE = 0.1

const NONE: readonly TraceRecord[] = []

/**
 * Records that wait, first in, first out, bounded in number and in roughly the memory that they take up.
 *
 * The last tenth is a reserve for the records of roots: a root tells that its trace happened, how long it took, and what
 * was dropped of it. Where even the reserve is full, the oldest roots in the reserve make room.
 */
export class RecordQueue {
  readonly #maxRecords: number
  readonly #maxBytes: number
  readonly #main = new Line()
  readonly #reserve = new Line()
  #lastNumber = 0

  constructor(maxRecords: number, maxBytes: number) {
    this.#maxRecords = maxRecords
    this.#maxBytes = maxBytes
  }

  /** How many records wait. */
  get length(): number {
    return this.#main.length + this.#reserve.length
  }

  /** How many bytes the records that wait are, roughly: see `sizeOf`. */
  get bytes(): number {
    return this.#main.bytes + this.#reserve.bytes
  }

  /** The number of the record that was taken in last: they are counted from 1. */
  get lastNumber(): number {
    return this.#lastNumber
  }

  /** Takes a record in where there is room. Returns what had to go: nothing, that record itself, or older roots. */
  push(record: TraceRecord, isRoot: boolean): readonly TraceRecord[] {
    const size = sizeOf(record)
    const shared = this.#maxRecords - Math.floor(this.#maxRecords * RESERVED_SHARE)
    const sharedBytes = this.#maxBytes * (1 - RESERVED_SHARE)
    if (this.#hasRoom(size) && this.#main.length < shared && this.#main.bytes + size <= sharedBytes) {
      this.#main.push(record, size, ++this.#lastNumber)
      return NONE
    }
    if (!isRoot || this.#main.length >= this.#maxRecords || this.#main.bytes + size > this.#maxBytes) return [record]
    const evicted: TraceRecord[] = []
    while (!this.#hasRoom(size)) {
      const oldest = this.#reserve.shift()
      if (oldest === undefined) return [...evicted, record]
      evicted.push(oldest)
    }
    this.#reserve.push(record, size, ++this.#lastNumber)
    return evicted
  }

  /** Takes out the oldest records: `count` at most, and as many bytes at most, but one record in any case. */
  take(count: number, maxBytes = Number.POSITIVE_INFINITY): readonly TraceRecord[] {
    const taken: TraceRecord[] = []
    let bytes = 0
    while (taken.length < count) {
      const line = this.#reserve.firstNumber < this.#main.firstNumber ? this.#reserve : this.#main
      bytes += line.firstSize
      if (taken.length > 0 && bytes > maxBytes) break
      const record = line.shift()
      if (record === undefined) break
      taken.push(record)
    }
    return taken
  }

  /** The number of the oldest record that waits, or infinity. */
  get firstNumber(): number {
    return Math.min(this.#main.firstNumber, this.#reserve.firstNumber)
  }

  #hasRoom(size: number): boolean {
    return this.length < this.#maxRecords && this.bytes + size <= this.#maxBytes
  }
}

/** Records one behind the other, each with its size and its number. */
class Line {
  #records: TraceRecord[] = []
  #sizes: number[] = []
  #numbers: number[] = []
  #head = 0
  #bytes = 0

  get length(): number {
    return this.#records.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  get firstNumber(): number {
    return this.#numbers[this.#head] ?? Number.POSITIVE_INFINITY
  }

  get firstSize(): number {
    return this.#sizes[this.#head] ?? 0
  }

  push(record: TraceRecord, size: number, number: number): void {
    this.#bytes += size
    this.#records.push(record)
    this.#sizes.push(size)
    this.#numbers.push(number)
  }

  shift(): TraceRecord | undefined {
    const record = this.#records[this.#head]
    if (record === undefined) return undefined
    this.#bytes -= this.#sizes[this.#head] ?? 0
    this.#head++
    // The front is cut off when it is half of the array: each record is moved once at most.
    if (this.#head * 2 >= this.#records.length) {
      this.#records = this.#records.slice(this.#head)
      this.#sizes = this.#sizes.slice(this.#head)
      this.#numbers = this.#numbers.slice(this.#head)
      this.#head = 0
    }
    return record
  }
}
