import { Array, Number, String } from '@osprofiler/core/toolkit'
import { isObject } from '../records/record-text.js'
import type { BulkDocument } from './bulk-documents.js'
import { type SearchClient, WRITE_MS } from './client.js'
import { mayRefuseRecords, SearchFailure } from './failure.js'
import { FAILURES, RECORDS } from './layout.js'

/** What a try of some documents came to. What became of each, its state says. */
export interface BulkOutcome {
  /** Why the server took no request with some of them, for what is in it: which one that is, only halves tell. */
  readonly refusal: SearchFailure | undefined
  /** Why some are still due: the server fails, or what stands before it. */
  readonly failure: SearchFailure | undefined
  /** What the server said last of a document that it refused or put off. */
  readonly reason: SearchFailure | undefined
}

/** What a proxy lets through by default is 1 MiB. A larger record goes alone. */
const MAX_BYTES = 1_000_000

/** A write that comes to nothing on any index: of a document that is not there, nothing is replaced. */
const PROBE = `{"index":{"_index":"${RECORDS}","_id":"osprofiler-probe","if_seq_no":0,"if_primary_term":1}}\n{}\n`

/** Statuses of single documents that may pass: a queue or a memory that is full, and what the server itself failed of. */
const HELD = [429, 500]
const REFUSED = [400, 413]
/** A document that is there already is one of an earlier try. */
const WRITTEN = 409

/** Sends what of a batch is not settled yet. Rejects where that came to nothing, for whatever the batch is. */
export async function sendBulk(client: SearchClient, documents: readonly BulkDocument[]): Promise<BulkOutcome> {
  let outcome: BulkOutcome = { refusal: undefined, failure: undefined, reason: undefined }
  for (const piece of cutIntoPieces(documents.filter(({ state }) => state === 'due' || state === 'held'))) {
    const { refusal, failure, reason } = await sendPiece(client, piece)
    outcome = {
      refusal: refusal ?? outcome.refusal,
      failure: failure ?? outcome.failure,
      reason: reason ?? outcome.reason,
    }
  }
  return outcome
}

async function sendPiece(client: SearchClient, piece: readonly BulkDocument[]): Promise<Partial<BulkOutcome>> {
  try {
    return settle(piece, await post(client, piece.map(({ lines }) => lines).join('')))
  } catch (error) {
    if (!(error instanceof SearchFailure)) throw error
    if (error.status === 429) {
      for (const document of piece) document.state = 'held'
      return { reason: error }
    }
    if (!mayRefuseRecords(error)) throw error
    // An answer to whatever is sent concerns no record.
    await askBulk(client)
    const [first, ...others] = piece
    if (first === undefined || others.length > 0) return { refusal: error }
    first.state = 'refused'
    return { reason: error }
  }
}

/** Asks by a write that comes to nothing. Rejects where the server takes no bulk request. */
export async function askBulk(client: SearchClient): Promise<void> {
  await post(client, PROBE)
}

async function post(client: SearchClient, bulkBody: string): Promise<Record<string, unknown>> {
  const request = { method: 'POST', path: '/_bulk', bulkBody } as const
  return await client.request(request, { requestTimeout: WRITE_MS })
}

/**
 * Notes what became of each document: created; there already, from an earlier try; refused for what it is; or put off. A
 * status that says nothing of a document is one of the whole server where all documents of a piece have such.
 */
function settle(piece: readonly BulkDocument[], { errors, items }: Record<string, unknown>): Partial<BulkOutcome> {
  const outcomes = errors === true && Array.isArray(items) ? items.map(readOutcome) : []
  const failing: BulkDocument[] = []
  let failure: SearchFailure | undefined
  let reason: SearchFailure | undefined
  let at = 0
  for (const document of piece) {
    const own = outcomes.slice(at, at + document.actions)
    at += document.actions
    const failed = own.find(({ status }) => status >= 300 && status !== WRITTEN && !REFUSED.includes(status))
    const refused = own.find(({ status, index }) => REFUSED.includes(status) && index !== FAILURES)
    const isHeld = failed !== undefined && HELD.includes(failed.status)
    document.state = failed !== undefined ? 'held' : refused !== undefined ? 'refused' : 'written'
    const said = failed ?? refused
    if (said === undefined) continue
    reason = new SearchFailure(said.status, said.type)
    if (failed === undefined || isHeld) continue
    failing.push(document)
    failure = reason
  }
  if (failing.length < piece.length || piece.length === 1) return { reason }
  for (const document of failing) document.state = 'due'
  return { failure }
}

function readOutcome(item: unknown) {
  const { status, error, _index } = isObject(item) && isObject(item.create) ? item.create : {}
  return { status: Number(status), type: isObject(error) ? String(error.type) : '', index: _index }
}

function* cutIntoPieces(documents: readonly BulkDocument[]): Generator<readonly BulkDocument[]> {
  let piece: BulkDocument[] = []
  let bytes = 0
  for (const document of documents) {
    if (piece.length > 0 && bytes + document.bytes > MAX_BYTES) {
      yield piece
      piece = []
      bytes = 0
    }
    piece.push(document)
    bytes += document.bytes
  }
  if (piece.length > 0) yield piece
}
