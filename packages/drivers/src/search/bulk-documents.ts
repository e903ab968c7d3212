import { randomBytes } from 'node:crypto'
import { isErrorRecord, type TraceRecord } from '@osprofiler/core'
import { Buffer, JSON, Map, Object, WeakMap } from '@osprofiler/core/toolkit'
import { encodeStandardRecord } from '../records/record-text.js'
import { FAILURES_INDEX, RECORDS_INDEX } from './layout.js'

/** A record as text for the bulk API, and its fate so far. */
export interface BulkDocument {
  /** One action and document, or two for a failed trace that must be noted. */
  readonly lines: string
  readonly bytes: number
  /** Number of documents in `lines`. */
  readonly actions: number
  /** The server put a `held` document off, independently of the others. */
  state: 'due' | 'held' | 'written' | 'refused'
}

/** The documents of records that are not settled, so that a retry sends the same ids. */
export interface BulkDocuments {
  /** Returns one document per record: the same one as in an earlier try, even in another part of a batch. */
  get(records: readonly TraceRecord[]): readonly BulkDocument[]
  /** Forgets records that will not be sent again. */
  settle(records: readonly TraceRecord[]): void
}

/**
 * Largest JSON of a record. OpenSearch 3 takes texts of more than 50,000,000 characters, but then fails each search
 * that finds them. Also, a server holds a document several times in memory.
 */
export const MAX_RECORD_BYTES = 20_000_000

/** An index has no room for a longer term. Elasticsearch 7 refuses it, and may then fail each list of the index. */
const MAX_ID_BYTES = 32_766

/** Beginning of the ids of all documents of this process. Only the last characters differ. */
const idPrefix = randomBytes(12).toString('base64url')
let documentCount = 0

const UNFIT_DOCUMENT: BulkDocument = { lines: '', bytes: 0, actions: 0, state: 'refused' }
/** The document of every record above `MAX_RECORD_BYTES`. The driver recognizes the object and explains the refusal. */
export const TOO_LARGE_DOCUMENT: BulkDocument = { ...UNFIT_DOCUMENT }

/** Creates documents with ids of our own, by which the server recognizes a repeated document. */
export function createBulkDocuments(noteFailures: boolean): BulkDocuments {
  // A batch may contain the same record twice.
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
  // An index that does not look into `info` finds failed traces by this member.
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
  // A character has at most three bytes, unless JSON escapes it.
  return (
    line.length > MAX_RECORD_BYTES || (3 * line.length > MAX_RECORD_BYTES && Buffer.byteLength(line) > MAX_RECORD_BYTES)
  )
}

function toLines(index: string, id: string, document: string): string {
  return `{"create":{"_index":"${index}","_id":"${id}"}}\n${document}\n`
}

/** Whether an index keeps the texts outside of `info` unchanged. Terms are UTF-8. */
function areStorable({ info: _, ...texts }: TraceRecord): boolean {
  return Object.values(texts).every(text => text.isWellFormed())
}
