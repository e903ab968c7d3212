import { OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { Buffer, JSON, Math, Number, Object } from '@osprofiler/core/toolkit'
import { encodeRecord } from '../record-text.js'
import { type HttpAnswer, HttpFailure, type HttpRequest } from './http.js'

/** A batch as events, of which those before `next` were taken. */
export interface EventBatch {
  readonly pieces: readonly (readonly string[])[]
  next: number
  refused: number
}

type Send = (request: HttpRequest) => Promise<HttpAnswer>

/** The agent's id of Python's driver. */
const PATH = '/api/v1/events/ingest/F52D775B-6017-4787-8C8A-F21AE0AEC057'
/** While a write waits, a program that has ended its work does not end. */
const PATIENCE = 10_000
/** A request may have 500 events and 4 MB. */
const MAX_EVENTS = 500
const MAX_BYTES = 4_000_000

export const EVENT_TEXT = 'OSProfiler trace'

/** Makes a batch ready, in the layout of Python's driver: a record is an event, whole in its field `trace`. */
export function toEvents(records: readonly TraceRecord[]): EventBatch {
  const pieces: string[][] = []
  let bytes = Number.POSITIVE_INFINITY
  let taken = 0
  for (const record of records) {
    const event = toEvent(record)
    const size = event === undefined ? 0 : Buffer.byteLength(event) + 1
    if (event === undefined || size > MAX_BYTES) continue
    if (bytes + size > MAX_BYTES || pieces.at(-1)?.length === MAX_EVENTS) {
      pieces.push([])
      bytes = 0
    }
    pieces.at(-1)?.push(event)
    bytes += size
    taken++
  }
  return { pieces, next: 0, refused: records.length - taken }
}

/** Sends what of a batch was not taken yet. */
export async function ingest(send: Send, batch: EventBatch): Promise<void> {
  for (; batch.next < batch.pieces.length; batch.next++) {
    batch.refused += await sendPiece(send, batch.pieces[batch.next] ?? [])
  }
}

/** How many events of a piece the server will never take. */
async function sendPiece(send: Send, piece: readonly string[]): Promise<number> {
  const { status, body } = await sendOnce(send, `{"events":[${piece.join(',')}]}`)
  if (status === 200) return toRefused(body.ingested, piece.length)
  if (status !== 400 && status !== 413) {
    throw new OsprofilerError('ERR_STORE', `Log Insight takes no records now: it answers ${status}.`)
  }
  // One event that it does not like is no reason to lose the others.
  if (piece.length === 1) return 1
  const half = Math.ceil(piece.length / 2)
  return (await sendPiece(send, piece.slice(0, half))) + (await sendPiece(send, piece.slice(half)))
}

/** Log Insight knows no ids of events: what it may have received must not be sent again. */
async function sendOnce(send: Send, body: string): Promise<HttpAnswer> {
  try {
    return await send({ method: 'POST', path: PATH, body, timeout: PATIENCE })
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
  const trace = encodeRecord(record)
  if (trace === undefined) return undefined
  const { base_id, trace_id, project, service, name } = record
  const fields = Object.entries({ base_id, trace_id, project, service, name, trace })
  const texts = [base_id, trace_id, project, service, name, record.parent_id, record.timestamp]
  // A field's text is UTF-8; in the JSON of the last one, halves of surrogate pairs are escapes.
  if (!texts.every(text => text.isWellFormed())) return undefined
  return JSON.stringify({ text: EVENT_TEXT, fields: fields.map(([key, content]) => ({ name: key, content })) })
}
