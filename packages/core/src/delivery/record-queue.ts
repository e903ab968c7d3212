import { Math, Number } from '../platform/platform.js'
import type { TraceRecord } from '../record/trace-record.js'
import { estimateRecordBytes } from '../recording/record-size.js'

/** The share of the queue that is reserved for records of root points. */
const RESERVED_SHARE = 0.1

const NO_RECORDS: readonly TraceRecord[] = []

/**
 * A first-in, first-out queue of records with a maximum length and an approximate maximum size in memory. The last
 * tenth is reserved for records of root points. These records report that a request was traced, how long it took, and
 * how many records were dropped. If the reserve is full, its oldest records are dropped.
 */
export class RecordQueue {
  readonly #maxRecords: number
  readonly #maxBytes: number
  readonly #main = new Fifo()
  readonly #reserve = new Fifo()
  #lastNumber = 0

  constructor(maxRecords: number, maxBytes: number) {
    // A tenth of infinity is infinity, so infinity minus the reserve would be NaN.
    this.#maxRecords = Math.min(maxRecords, Number.MAX_SAFE_INTEGER)
    this.#maxBytes = maxBytes
  }

  get length(): number {
    return this.#main.length + this.#reserve.length
  }

  /** The approximate size of the waiting records in bytes (see `estimateRecordBytes`). */
  get bytes(): number {
    return this.#main.bytes + this.#reserve.bytes
  }

  /** The number of the newest record. Records are numbered from 1. */
  get lastNumber(): number {
    return this.#lastNumber
  }

  /**
   * Adds a record if there is room. Returns the dropped records: none, this record, older records of root points, or
   * this record and older ones.
   */
  push(record: TraceRecord, isRoot: boolean): readonly TraceRecord[] {
    const size = estimateRecordBytes(record)
    const maxShared = this.#maxRecords - Math.floor(this.#maxRecords * RESERVED_SHARE)
    const maxSharedBytes = this.#maxBytes * (1 - RESERVED_SHARE)
    if (this.#hasRoom(size) && this.#main.length < maxShared && this.#main.bytes + size <= maxSharedBytes) {
      this.#main.push(record, size, ++this.#lastNumber)
      return NO_RECORDS
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

  /** Removes and returns the oldest records: at most `count` records and `maxBytes` bytes, but at least one record. */
  take(count: number, maxBytes = Number.POSITIVE_INFINITY): readonly TraceRecord[] {
    const taken: TraceRecord[] = []
    let bytes = 0
    while (taken.length < count) {
      const fifo = this.#reserve.firstNumber < this.#main.firstNumber ? this.#reserve : this.#main
      bytes += fifo.firstSize
      if (taken.length > 0 && bytes > maxBytes) break
      const record = fifo.shift()
      if (record === undefined) break
      taken.push(record)
    }
    return taken
  }

  /** The number of the oldest waiting record, or infinity if the queue is empty. */
  get firstNumber(): number {
    return Math.min(this.#main.firstNumber, this.#reserve.firstNumber)
  }

  #hasRoom(size: number): boolean {
    return this.length < this.#maxRecords && this.bytes + size <= this.#maxBytes
  }
}

class Fifo {
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
    // The unused front of the array is removed once it reaches half the length, so each removed record costs at most
    // one move.
    if (this.#head * 2 >= this.#records.length) {
      this.#records = this.#records.slice(this.#head)
      this.#sizes = this.#sizes.slice(this.#head)
      this.#numbers = this.#numbers.slice(this.#head)
      this.#head = 0
    }
    return record
  }
}
