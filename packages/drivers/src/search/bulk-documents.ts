import { randomBytes } from 'node:crypto'
import { isErrorRecord, type TraceRecord } from '@osprofiler/core'
import { Buffer, JSON, Map, Object, WeakMap } from '@osprofiler/core/toolkit'
import { encodeStandardRecord } from '../records/record-text.js'
import { FAILURES_INDEX, RECORDS_INDEX } from './layout.js'

/** A record that was encoded for the bulk API, and its state so far. */
export interface BulkDocument {
  /** One bulk action with its document, or two actions if the failure of the trace must also be noted. */
  readonly lines: string
  readonly bytes: number
  /** Number of documents in `lines`. */
  readonly actions: number
  /** `held` means that the server postponed this document, but may still accept the other documents. */
  state: 'due' | 'held' | 'written' | 'refused'
}

/** Keeps the documents of records that may be sent again, so that a retry sends the same document ids. */
export interface BulkDocuments {
  /**
   * Returns one document per record. In a retry, each record gets the same document again, even if the batch is split
   * differently.
   */
  get(records: readonly TraceRecord[]): readonly BulkDocument[]
  /** Forgets records that will not be sent again. */
  settle(records: readonly TraceRecord[]): void
}

/**
 * Maximum size of a record's JSON. OpenSearch 3 accepts strings of more than 50,000,000 characters, but every search
 * that finds such a string fails. A server also keeps several copies of a document in memory.
 */
export const MAX_RECORD_BYTES = 20_000_000

/**
 * Maximum size of an id, because an index cannot contain a longer term. Elasticsearch 7 refuses a document with a
 * longer id, and may then fail every time the traces in the index are listed.
 */
const MAX_ID_BYTES = 32_766

/** The prefix of all document ids of this process. The ids differ only in the characters after the prefix. */
const idPrefix = randomBytes(12).toString('base64url')
let documentCount = 0

const UNFIT_DOCUMENT: BulkDocument = { lines: '', bytes: 0, actions: 0, state: 'refused' }
/**
 * Takes the place of every record above `MAX_RECORD_BYTES`. The driver recognizes this object and explains the refusal.
 */
export const TOO_LARGE_DOCUMENT: BulkDocument = { ...UNFIT_DOCUMENT }

/**
 * Creates the documents for the bulk API. The driver chooses their ids, so that the server recognizes a repeated
 * document.
 */
export function createBulkDocuments(noteFailures: boolean): BulkDocuments {
  // The documents of each record. A batch may contain the same record twice, and each occurrence has its own document.
  const known = new WeakMap<TraceRecord, BulkDocument[]>()
  return {
    get(records) {
      const copiesSeen = new Map<TraceRecord, number>()
      return records.map(record => {
        const copies = known.get(record) ?? []
        const copy = copiesSeen.get(record) ?? 0
        const document = copies[copy] ?? toDocument(record, noteFailures)
        copiesSeen.set(record, copy + 1)
        copies[copy] = document
        known.set(record, copies)
        return document
      })
    },
    settle(records) {
      for (const record of records) known.delete(record)
    },
  }
}

function toDocument(record: TraceRecord, noteFailures: boolean): BulkDocument {
  const { base_id, timestamp } = record
  const line = encodeStandardRecord(record)
  if (line === undefined) return UNFIT_DOCUMENT
  if (isTooLarge(line)) return TOO_LARGE_DOCUMENT
  if (!areStorable(record) || (line.length > MAX_ID_BYTES && Buffer.byteLength(base_id) > MAX_ID_BYTES))
    return UNFIT_DOCUMENT
  const id = `${idPrefix}${(documentCount++).toString(36).padStart(8, '0')}`
  if (!isErrorRecord(record)) return toBulkDocument([toLines(RECORDS_INDEX, id, line)])
  // In an index whose mapping does not cover `info`, failed traces are found by the member `failed`.
  const marked = toLines(RECORDS_INDEX, id, `${line.slice(0, -1)},"failed":true}`)
  const note = toLines(FAILURES_INDEX, id, JSON.stringify({ base_id, timestamp }))
  return toBulkDocument(noteFailures ? [marked, note] : [marked])
}

function toBulkDocument(actions: readonly string[]): BulkDocument {
  const lines = actions.join('')
  const bytes = Buffer.byteLength(lines)
  return { lines, bytes, actions: actions.length, state: 'due' }
}

function isTooLarge(line: string): boolean {
  // Most lines are too short to exceed the limit, because a character has at most three bytes unless JSON escapes it.
  return (
    line.length > MAX_RECORD_BYTES || (3 * line.length > MAX_RECORD_BYTES && Buffer.byteLength(line) > MAX_RECORD_BYTES)
  )
}

function toLines(index: string, id: string, document: string): string {
  return `{"create":{"_index":"${index}","_id":"${id}"}}\n${document}\n`
}

/**
 * Returns whether an index stores the strings outside of `info` unchanged. Terms are UTF-8, which cannot express lone
 * surrogates.
 */
function areStorable({ info: _, ...texts }: TraceRecord): boolean {
  return Object.values(texts).every(text => text.isWellFormed())
}
