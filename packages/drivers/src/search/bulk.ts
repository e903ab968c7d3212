import { Array, Number, String } from '@osprofiler/core/toolkit'
import { isObject } from '../records/record-text.js'
import type { BulkDocument } from './bulk-documents.js'
import { type SearchClient, WRITE_MS } from './client.js'
import { mayRefuseRecords, SearchFailure } from './failure.js'
import { FAILURES_INDEX, RECORDS_INDEX } from './layout.js'

/** The outcome of one try to write a batch. The state of each document shows whether the document was written. */
export interface BulkOutcome {
  /**
   * The reason why the server refused a whole request, if a single document may be the cause. To find this document,
   * the batch must be halved.
   */
  readonly refusal: SearchFailure | undefined
  /** The reason why some documents are still due: the server, or a proxy in front of the server, failed. */
  readonly failure: SearchFailure | undefined
  /** The server's last reason for refusing or postponing a document. */
  readonly reason: SearchFailure | undefined
}

/**
 * Maximum size of a request, because a proxy accepts 1 MiB by default. A larger record is sent in a separate request.
 */
const MAX_PIECE_BYTES = 1_000_000

/** A write that changes nothing: it would replace a document, but this document does not exist. */
const PROBE = `{"index":{"_index":"${RECORDS_INDEX}","_id":"osprofiler-probe","if_seq_no":0,"if_primary_term":1}}\n{}\n`

/** Statuses of documents that may be written later: a queue or the memory is full, or the server itself failed. */
const HELD_STATUSES = [429, 500]
const REFUSED_STATUSES = [400, 413]
/** Status of a document that already exists. An earlier try wrote this document. */
const WRITTEN_STATUS = 409

/** Sends the documents of a batch that are still due or held. Rejects if the batch is not the reason for a failure. */
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
    return applyOutcomes(piece, await postBulk(client, piece.map(({ lines }) => lines).join('')))
  } catch (error) {
    if (!(error instanceof SearchFailure)) throw error
    if (error.status === 429) {
      for (const document of piece) document.state = 'held'
      return { reason: error }
    }
    if (!mayRefuseRecords(error)) throw error
    // Finds out whether the records are the reason for the refusal. If the server also refuses the probe, the records
    // are not the reason, and `probeBulk` rejects.
    await probeBulk(client)
    const [first, ...others] = piece
    if (first === undefined || others.length > 0) return { refusal: error }
    first.state = 'refused'
    return { reason: error }
  }
}

/** Sends a bulk request that changes nothing. Rejects if the server accepts no bulk requests. */
export async function probeBulk(client: SearchClient): Promise<void> {
  await postBulk(client, PROBE)
}

async function postBulk(client: SearchClient, bulkBody: string): Promise<Record<string, unknown>> {
  const request = { method: 'POST', path: '/_bulk', bulkBody } as const
  return await client.request(request, { requestTimeout: WRITE_MS })
}

/**
 * Notes the state of each document of a request. If all documents failed with a status that does not concern a single
 * document, the server itself has failed.
 */
function applyOutcomes(
  piece: readonly BulkDocument[],
  { errors, items }: Record<string, unknown>,
): Partial<BulkOutcome> {
  const outcomes = errors === true && Array.isArray(items) ? items.map(readOutcome) : []
  const failing: BulkDocument[] = []
  let failure: SearchFailure | undefined
  let reason: SearchFailure | undefined
  let at = 0
  for (const document of piece) {
    const own = outcomes.slice(at, at + document.actions)
    at += document.actions
    const failed = own.find(
      ({ status }) => status >= 300 && status !== WRITTEN_STATUS && !REFUSED_STATUSES.includes(status),
    )
    const refused = own.find(({ status, index }) => REFUSED_STATUSES.includes(status) && index !== FAILURES_INDEX)
    const isHeld = failed !== undefined && HELD_STATUSES.includes(failed.status)
    document.state = failed !== undefined ? 'held' : refused !== undefined ? 'refused' : 'written'
    const rejected = failed ?? refused
    if (rejected === undefined) continue
    reason = new SearchFailure(rejected.status, rejected.type)
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
    if (piece.length > 0 && bytes + document.bytes > MAX_PIECE_BYTES) {
      yield piece
      piece = []
      bytes = 0
    }
    piece.push(document)
    bytes += document.bytes
  }
  if (piece.length > 0) yield piece
}
