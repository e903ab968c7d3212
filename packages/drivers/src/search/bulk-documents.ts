import { randomBytes } from 'node:crypto'
import { isErrorRecord, type TraceRecord } from '@osprofiler/core'
import { Buffer, JSON, Map, Object, WeakMap } from '@osprofiler/core/toolkit'
import { encodeStandardRecord } from '../records/record-text.js'
import { FAILURES, RECORDS } from './layout.js'

/** A record on its way, and what has become of it so far. */
export interface BulkDocument {
  /** An action and a document, once or, for a failed trace that is to be noted, twice. */
  readonly lines: string
  readonly bytes: number
  /** How many documents the lines are. */
  readonly actions: number
  /** The server puts off what is held, whatever becomes of the others. */
  state: 'due' | 'held' | 'written' | 'refused'
}

/** The documents of records that are not settled. */
export interface BulkDocuments {
  /** One for each record: the one of an earlier try, which may have been of another part of the batch. */
  of(records: readonly TraceRecord[]): readonly BulkDocument[]
  /** Forgets records that will not be sent again. */
  settle(records: readonly TraceRecord[]): void
}

/**
 * The largest record, in bytes of JSON. OpenSearch 3 takes a text of more than 50,000,000 characters, and then fails
 * each search that finds it; and a server holds a document several times in its memory.
 */
export const MAX_RECORD_BYTES = 20_000_000

/** A longer term has no room in an index. Elasticsearch 7 refuses it, and may then fail each list of the index. */
const MAX_ID_BYTES = 32_766

/** Ids of documents: of one sender's, each differs from all others in a few characters at its end. */
const sender = randomBytes(12).toString('base64url')
let documents = 0

const UNFIT: BulkDocument = { lines: '', bytes: 0, actions: 0, state: 'refused' }
export const TOO_LARGE: BulkDocument = { ...UNFIT }

/** Documents have ids of our own: one that is sent again is told by its id. */
export function createBulkDocuments(noteFailures: boolean): BulkDocuments {
  // A batch may have the same record twice.
  const known = new WeakMap<TraceRecord, BulkDocument[]>()
  return {
    of(records) {
      const met = new Map<TraceRecord, number>()
      return records.map(record => {
        const copies = known.get(record) ?? []
        const copy = met.get(record) ?? 0
        const document = copies[copy] ?? toDocument(record, noteFailures)
        met.set(record, copy + 1)
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
  if (line === undefined) return UNFIT
  if (isTooLarge(line)) return TOO_LARGE
  if (!areKept(record) || (line.length > MAX_ID_BYTES && Buffer.byteLength(base_id) > MAX_ID_BYTES)) return UNFIT
  const id = `${sender}${(documents++).toString(36).padStart(8, '0')}`
  if (!isErrorRecord(record)) return toBulkDocument([toLines(RECORDS, id, line)])
  // An index that does not look into `info` finds failed traces by a member of ours.
  const marked = toLines(RECORDS, id, `${line.slice(0, -1)},"failed":true}`)
  const note = toLines(FAILURES, id, JSON.stringify({ base_id, timestamp }))
  return toBulkDocument(noteFailures ? [marked, note] : [marked])
}

function toBulkDocument(actions: readonly string[]): BulkDocument {
  const lines = actions.join('')
  const bytes = Buffer.byteLength(lines)
  return { lines, bytes, actions: actions.length, state: 'due' }
}

function isTooLarge(line: string): boolean {
  // A character has three bytes at most, of those that JSON does not escape.
  return (
    line.length > MAX_RECORD_BYTES || (3 * line.length > MAX_RECORD_BYTES && Buffer.byteLength(line) > MAX_RECORD_BYTES)
  )
}

function toLines(index: string, id: string, document: string): string {
  return `{"create":{"_index":"${index}","_id":"${id}"}}\n${document}\n`
}

/** Whether an index keeps the texts outside of `info` as they are: terms are UTF-8. */
function areKept({ info: _, ...texts }: TraceRecord): boolean {
  return Object.values(texts).every(text => text.isWellFormed())
}
