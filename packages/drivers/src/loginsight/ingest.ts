import { OsprofilerError, type TraceRecord, type WriteResult } from '@osprofiler/core'
import { Buffer, JSON, Map, Math, Number, Object } from '@osprofiler/core/toolkit'
import { encodeRecord } from '../records/record-text.js'
import { type HttpAnswer, HttpFailure, type HttpRequest } from './http.js'

/** The events of one request, and for each event the position of its record in the batch. */
interface Piece {
  readonly events: readonly string[]
  readonly positions: readonly number[]
}

/**
 * A batch that was converted to events, and its outcome so far. The events are split into pieces, each of which is sent
 * in one request. A retry sends only the waiting pieces.
 */
export interface EventBatch {
  /** The pieces that the server has neither accepted nor refused. */
  waiting: readonly Piece[]
  refused: number
  hasFailed: boolean
}

type Send = (request: HttpRequest) => Promise<HttpAnswer>

/** The path ends with the agent id that Python's driver also uses. */
const INGEST_PATH = '/api/v1/events/ingest/F52D775B-6017-4787-8C8A-F21AE0AEC057'
/** Time limit for an answer. It is short, because a pending write delays the end of the program. */
const ANSWER_MS = 10_000
const MAX_PIECE_EVENTS = 500
const MAX_PIECE_BYTES = 4_000_000

/** Advice for users, by the status of the answer. */
const ADVICE_BY_STATUS = new Map([
  [401, 'Check the user and the password in the connection string.'],
  [403, 'Allow this user to send events.'],
  [404, 'Check the host and the port in the connection string. The API has port 9543.'],
  [429, 'It receives too many events.'],
])

/** The text of every event, as in Python's driver. Queries use this text to find records. */
export const EVENT_TEXT = 'OSProfiler trace'

/**
 * Prepares a batch in the layout of Python's driver: each record is one event, whose field `trace` contains the whole
 * record.
 */
export function toEvents(records: readonly TraceRecord[]): EventBatch {
  const waiting: { readonly events: string[]; readonly positions: number[] }[] = []
  let bytes = Number.POSITIVE_INFINITY
  let refused = 0
  for (const [position, record] of records.entries()) {
    const event = toEvent(record)
    const size = event === undefined ? 0 : Buffer.byteLength(event) + 1
    if (event === undefined || size > MAX_PIECE_BYTES) {
      refused++
      continue
    }
    if (bytes + size > MAX_PIECE_BYTES || waiting.at(-1)?.events.length === MAX_PIECE_EVENTS) {
      waiting.push({ events: [], positions: [] })
      bytes = 0
    }
    waiting.at(-1)?.events.push(event)
    waiting.at(-1)?.positions.push(position)
    bytes += size
  }
  return { waiting, refused, hasFailed: false }
}

/**
 * Sends the waiting pieces of a batch. When the batch is sent for the first time, the first failed request ends the
 * call with an error. When the batch is sent again, a piece that gets status 429 or 5xx is reported as held, so that it
 * is tried again later. The other pieces are still sent.
 */
export async function sendEvents(send: Send, batch: EventBatch): Promise<WriteResult> {
  const held: Piece[] = []
  let failure: OsprofilerError | undefined
  for (let [piece] = batch.waiting; piece !== undefined; [piece] = batch.waiting) {
    const answer = await sendOnce(send, `{"events":[${piece.events.join(',')}]}`)
    if (answer.status !== 200 && answer.status !== 400 && answer.status !== 413) {
      failure = createUnavailableError(answer.status)
      const canHold = batch.hasFailed && mayConcernOneRequest(answer.status)
      batch.hasFailed = true
      if (!canHold) throw failure
      held.push(piece)
    }
    batch.waiting = [...applyAnswer(batch, piece, answer), ...batch.waiting.slice(1)]
  }
  if (failure === undefined) return { refused: batch.refused }
  return { refused: batch.refused, held: held.flatMap(({ positions }) => positions), reason: failure.message }
}

/**
 * Counts the events that the server refused. If the server refused the whole piece, returns the two halves of the
 * piece, to be sent separately.
 */
function applyAnswer(batch: EventBatch, { events, positions }: Piece, { status, body }: HttpAnswer): readonly Piece[] {
  if (status === 200) {
    const refused = countRefused(body.ingested, events.length)
    batch.refused += refused
    return []
  }
  if (status !== 400 && status !== 413) return []
  // Refused pieces are halved until each bad event is alone in its piece, so that no other event is lost.
  if (events.length === 1) {
    batch.refused++
    return []
  }
  const half = Math.ceil(events.length / 2)
  return [
    { events: events.slice(0, half), positions: positions.slice(0, half) },
    { events: events.slice(half), positions: positions.slice(half) },
  ]
}

/**
 * Returns whether the server may accept other requests although it answered one request with this status. With 429 (too
 * many requests), the server may still accept some requests. With 5xx, the server may have failed only for this
 * request.
 */
function mayConcernOneRequest(status: number): boolean {
  return status === 429 || status >= 500
}

function createUnavailableError(status: number): OsprofilerError {
  const advice = ADVICE_BY_STATUS.get(status)
  const more = advice === undefined ? '' : ` ${advice}`
  return new OsprofilerError('ERR_STORE', `Log Insight accepts no records now: it answered ${status}.${more}`)
}

/** Sends a request. Log Insight has no event ids, so a batch that may have arrived must not be sent again. */
async function sendOnce(send: Send, body: string): Promise<HttpAnswer> {
  try {
    return await send({ method: 'POST', path: INGEST_PATH, body, timeoutMs: ANSWER_MS })
  } catch (error) {
    if (!(error instanceof HttpFailure && error.isSent)) throw error
    throw new OsprofilerError(
      'ERR_WRITE_UNCERTAIN',
      `Log Insight did not confirm a batch, which it may have stored: ${error.message}.`,
      { cause: error },
    )
  }
}

function countRefused(ingested: unknown, sent: number): number {
  return Number.isInteger(ingested) ? Math.min(Math.max(sent - Number(ingested), 0), sent) : 0
}

function toEvent(record: TraceRecord): string | undefined {
  const { base_id, trace_id, project, service, name } = record
  // Fields are sent as UTF-8, which cannot express lone surrogates. Only the field `trace` may contain lone surrogates,
  // because JSON escapes them there.
  if (![base_id, trace_id, project, service, name].every(text => text.isWellFormed())) return undefined
  const fields = Object.entries({ base_id, trace_id, project, service, name, trace: encodeRecord(record) })
  return JSON.stringify({ text: EVENT_TEXT, fields: fields.map(([key, content]) => ({ name: key, content })) })
}
