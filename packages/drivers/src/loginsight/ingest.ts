import { OsprofilerError, type TraceRecord, type WriteResult } from '@osprofiler/core'
import { Buffer, JSON, Map, Math, Number, Object } from '@osprofiler/core/toolkit'
import { encodeRecord } from '../records/record-text.js'
import { type HttpAnswer, HttpFailure, type HttpRequest } from './http.js'

/** Events of one request, and the positions of their records in the batch. */
interface Piece {
  readonly events: readonly string[]
  readonly places: readonly number[]
}

/** A batch as events, with what has become of them so far. */
export interface EventBatch {
  /** What was not settled yet. */
  waiting: readonly Piece[]
  refused: number
  hasFailed: boolean
}

type Send = (request: HttpRequest) => Promise<HttpAnswer>

/** The agent's id of Python's driver. */
const PATH = '/api/v1/events/ingest/F52D775B-6017-4787-8C8A-F21AE0AEC057'
/** While a write waits, a program that has ended its work does not end. */
const ANSWER_MS = 10_000
/** A request may have 500 events and 4 MB. */
const MAX_EVENTS = 500
const MAX_BYTES = 4_000_000

/** What to do about an answer, beside waiting. */
const ADVICE = new Map([
  [401, 'See the user and the password in the connection string.'],
  [403, 'Let this user send events.'],
  [404, 'See the host and the port in the connection string: 9543 is the one of its API.'],
  [429, 'It is sent too much.'],
])

export const EVENT_TEXT = 'OSProfiler trace'

/** Makes a batch ready, in the layout of Python's driver: a record is an event, whole in its field `trace`. */
export function toEvents(records: readonly TraceRecord[]): EventBatch {
  const waiting: { readonly events: string[]; readonly places: number[] }[] = []
  let bytes = Number.POSITIVE_INFINITY
  let refused = 0
  for (const [place, record] of records.entries()) {
    const event = toEvent(record)
    const size = event === undefined ? 0 : Buffer.byteLength(event) + 1
    if (event === undefined || size > MAX_BYTES) {
      refused++
      continue
    }
    if (bytes + size > MAX_BYTES || waiting.at(-1)?.events.length === MAX_EVENTS) {
      waiting.push({ events: [], places: [] })
      bytes = 0
    }
    waiting.at(-1)?.events.push(event)
    waiting.at(-1)?.places.push(place)
    bytes += size
  }
  return { waiting, refused, hasFailed: false }
}

/**
 * Sends what of a batch was not taken yet. In a batch that has failed before, a piece that the server does not take now is
 * held, and the pieces behind it are sent.
 */
export async function ingest(send: Send, batch: EventBatch): Promise<WriteResult> {
  const held: Piece[] = []
  let failure: OsprofilerError | undefined
  for (let [piece] = batch.waiting; piece !== undefined; [piece] = batch.waiting) {
    const answer = await sendOnce(send, `{"events":[${piece.events.join(',')}]}`)
    if (answer.status !== 200 && answer.status !== 400 && answer.status !== 413) {
      failure = takesNothing(answer.status)
      const isHeldUp = batch.hasFailed && mayBeOfOne(answer.status)
      batch.hasFailed = true
      if (!isHeldUp) throw failure
      held.push(piece)
    }
    batch.waiting = [...settle(batch, piece, answer), ...batch.waiting.slice(1)]
  }
  if (failure === undefined) return { refused: batch.refused }
  return { refused: batch.refused, held: held.flatMap(({ places }) => places), reason: failure.message }
}

/** Counts what the server took and refused of a piece. Returns its halves where it is to be sent in these. */
function settle(batch: EventBatch, { events, places }: Piece, { status, body }: HttpAnswer): readonly Piece[] {
  if (status === 200) {
    const refused = toRefused(body.ingested, events.length)
    batch.refused += refused
    return []
  }
  if (status !== 400 && status !== 413) return []
  // One event that it does not like is no reason to lose the others.
  if (events.length === 1) {
    batch.refused++
    return []
  }
  const half = Math.ceil(events.length / 2)
  return [
    { events: events.slice(0, half), places: places.slice(0, half) },
    { events: events.slice(half), places: places.slice(half) },
  ]
}

/** Whether the reason may be one request: the server has too much to do, or fails at it. */
function mayBeOfOne(status: number): boolean {
  return status === 429 || status >= 500
}

function takesNothing(status: number): OsprofilerError {
  const advice = ADVICE.get(status)
  const more = advice === undefined ? '' : ` ${advice}`
  return new OsprofilerError('ERR_STORE', `Log Insight takes no records now: it answers ${status}.${more}`)
}

/** Log Insight knows no ids of events: what it may have received must not be sent again. */
async function sendOnce(send: Send, body: string): Promise<HttpAnswer> {
  try {
    return await send({ method: 'POST', path: PATH, body, timeout: ANSWER_MS })
  } catch (error) {
    if (!(error instanceof HttpFailure && error.sent)) throw error
    throw new OsprofilerError(
      'ERR_WRITE_UNCERTAIN',
      `Log Insight gave no answer to a batch, which it may have taken: ${error.message}.`,
      { cause: error },
    )
  }
}

function toRefused(ingested: unknown, sent: number): number {
  return Number.isInteger(ingested) ? Math.min(Math.max(sent - Number(ingested), 0), sent) : 0
}

function toEvent(record: TraceRecord): string | undefined {
  const { base_id, trace_id, project, service, name, parent_id } = record
  const fields = Object.entries({ base_id, trace_id, project, service, name, trace: encodeRecord(record) })
  // A field's text is UTF-8; in the JSON of the last one, halves of surrogate pairs are escapes.
  if (![base_id, trace_id, project, service, name, parent_id].every(text => text.isWellFormed())) return undefined
  return JSON.stringify({ text: EVENT_TEXT, fields: fields.map(([key, content]) => ({ name: key, content })) })
}
