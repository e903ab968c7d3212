import { readField } from '../tree/read-field.js'

/** Limits for the contents of a file. They reject a file that would take many times its own size in memory. */
export interface FileLimits {
  /**
   * Counts the brackets in a piece of text before it is parsed. Throws a RangeError if there are too many lists and
   * objects.
   */
  countText(piece: string): void
  /** Counts a value, and returns whether to keep it as a record. Throws a RangeError if there are too many records. */
  admit(value: unknown): boolean
  readonly leftOut: number
}

/**
 * A file may contain `FREE_BRACKETS` lists and objects, and another one per `CHARS_PER_BRACKET` characters. A list or
 * an object takes about 60 bytes in memory, but may take only two bytes in the file.
 */
const FREE_BRACKETS = 2_000_000
const CHARS_PER_BRACKET = 12

/**
 * A file may contain `FREE_RECORDS` records, and another one per `CHARS_PER_RECORD` characters. A point takes a
 * kilobyte of memory. The limit never rejects a tracer's records, because each of them is longer than 180 characters.
 */
const FREE_RECORDS = 200_000
const CHARS_PER_RECORD = 100

/**
 * Maximum number of values that are kept and shown as malformed although they have none of a record's fields. A file
 * may contain millions of such values.
 */
const MAX_BLANK_RECORDS = 1_000

const RECORD_FIELDS = ['name', 'trace_id', 'parent_id', 'base_id', 'timestamp', 'info']

/** Creates the limits for one file. `mostRecords` is the maximum number of records, regardless of the file's size. */
export function createFileLimits(mostRecords: number): FileLimits {
  let characters = 0
  let brackets = 0
  let records = 0
  let blank = 0
  let leftOut = 0

  return {
    countText(piece) {
      characters += piece.length
      for (const bracket of ['{', '[']) {
        for (let at = piece.indexOf(bracket); at !== -1; at = piece.indexOf(bracket, at + 1)) brackets++
      }
      if (brackets > FREE_BRACKETS + characters / CHARS_PER_BRACKET) {
        throw new RangeError(
          `The file contains more than ${FREE_BRACKETS} lists and objects, which would take many times its size in memory.`,
        )
      }
    },
    admit(value) {
      if (isBlank(value) && ++blank > MAX_BLANK_RECORDS) {
        leftOut++
        return false
      }
      records++
      const recordLimit = Math.min(mostRecords, Math.floor(FREE_RECORDS + characters / CHARS_PER_RECORD))
      if (records <= recordLimit) return true
      throw new RangeError(
        `The file contains more than ${recordLimit} records, which would take many times its size in memory.`,
      )
    },
    get leftOut() {
      return leftOut
    },
  }
}

function isBlank(value: unknown): boolean {
  return RECORD_FIELDS.every(field => readField(value, field) === undefined)
}
