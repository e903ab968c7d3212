import { randomBytes } from 'node:crypto'
import { isErrorRecord, type TraceRecord } from '@osprofiler/core'
import { Array, JSON, Math, Number, Object, String } from '@osprofiler/core/toolkit'
import { decodeRecord, encodeStandardRecord, isObject } from '../record-text.js'
import { type SearchClient, SearchFailure, WRITE_TIMEOUT } from './client.js'
import { FAILURES, RECORDS } from './layout.js'

/** A batch as lines of a bulk request, and how many of its records cannot be any. */
export interface BulkBatch {
  readonly documents: readonly BulkDocument[]
  readonly refused: number
}

interface BulkDocument {
  /** An action and a document, once or, for a failed trace that is to be noted, twice. */
  readonly lines: string
}

/** Well below the 100 MB that a server takes by default: it holds a whole request in its memory. */
const MAX_CHARACTERS = 8_000_000

/** What may be a failure, and half a surrogate pair, which JSON escapes. */
const REMARKABLE = /"etype"|"status_code"|\\ud[89a-f]/

/** Ids of documents: of one sender's, each differs from all others in a few characters at its end. */
const sender = randomBytes(12).toString('base64url')
let documents = 0

/** Makes a batch ready. Its documents have ids of our own: one that is sent again is told by its id. */
export function toBulkBatch(records: readonly TraceRecord[], noteFailures: boolean): BulkBatch {
  const lines = records.flatMap(record => toDocument(record, noteFailures) ?? [])
  return { documents: lines, refused: records.length - lines.length }
}

/** Sends a batch and resolves to how many of its records the store will never keep. Rejects where some may go again. */
export async function sendBulk(client: SearchClient, batch: readonly BulkDocument[]): Promise<number> {
  let refused = 0
  for (const piece of cutIntoPieces(batch)) refused += await sendPiece(client, piece)
  return refused
}

async function sendPiece(client: SearchClient, piece: readonly BulkDocument[]): Promise<number> {
  try {
    const bulkBody = piece.map(({ lines }) => lines).join('')
    const request = { method: 'POST', path: '/_bulk', bulkBody } as const
    return countRefused(await client.request(request, { requestTimeout: WRITE_TIMEOUT }))
  } catch (error) {
    // Too large, or a document in it that the server, or what stands before it, takes offence at.
    const refused = error instanceof SearchFailure && (error.status === 413 || error.status === 400)
    if (!refused) throw error
    if (piece.length === 1) return 1
    const half = Math.ceil(piece.length / 2)
    return (await sendPiece(client, piece.slice(0, half))) + (await sendPiece(client, piece.slice(half)))
  }
}

/**
 * What became of each document: created; there already, from an earlier try; refused for what it is; or held up by
 * something that may pass, such as a queue that is full, in which case the whole piece goes once more.
 */
function countRefused({ errors, items }: Record<string, unknown>): number {
  if (errors !== true || !Array.isArray(items)) return 0
  let refused = 0
  for (const item of items) {
    const { status, error, _index } = readOutcome(item)
    if (status < 300 || status === 409) continue
    if (status !== 400 && status !== 413) {
      throw new SearchFailure(status, isObject(error) ? String(error.type) : '')
    }
    if (_index !== FAILURES) refused++
  }
  return refused
}

function readOutcome(item: unknown): { readonly status: number; readonly error: unknown; readonly _index: unknown } {
  const { status, error, _index } = isObject(item) && isObject(item.create) ? item.create : {}
  return { status: Number(status), error, _index }
}

function toDocument(record: TraceRecord, noteFailures: boolean): BulkDocument | undefined {
  const line = encodeStandardRecord(record)
  if (line === undefined) return undefined
  // Few records are worth a closer look; of what the line says, since the record may be anybody's.
  const plain = REMARKABLE.test(line) ? decodeRecord(line) : undefined
  if (plain !== undefined && !areKept(plain)) return undefined
  const id = `${sender}${(documents++).toString(36).padStart(8, '0')}`
  if (plain === undefined || !isErrorRecord(plain)) return { lines: toLines(RECORDS, id, line) }
  // An index that does not look into `info` finds failed traces by a member of ours.
  const lines = toLines(RECORDS, id, `${line.slice(0, -1)},"failed":true}`)
  const { base_id, timestamp } = plain
  return { lines: noteFailures ? lines + toLines(FAILURES, id, JSON.stringify({ base_id, timestamp })) : lines }
}

function toLines(index: string, id: string, document: string): string {
  return `{"create":{"_index":"${index}","_id":"${id}"}}\n${document}\n`
}

/** Whether an index keeps the texts outside of `info` as they are: terms are UTF-8. */
function areKept({ info: _, ...texts }: TraceRecord): boolean {
  return Object.values(texts).every(text => text.isWellFormed())
}

function* cutIntoPieces(batch: readonly BulkDocument[]): Generator<readonly BulkDocument[]> {
  let piece: BulkDocument[] = []
  let characters = 0
  for (const document of batch) {
    if (piece.length > 0 && characters + document.lines.length > MAX_CHARACTERS) {
      yield piece
      piece = []
      characters = 0
    }
    piece.push(document)
    characters += document.lines.length
  }
  if (piece.length > 0) yield piece
}
