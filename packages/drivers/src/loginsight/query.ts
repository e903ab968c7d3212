import { OsprofilerError, type TraceRecord, type TraceSummary } from '@osprofiler/core'
import { Array, Date, encodeURIComponent, Map, Math, Number } from '@osprofiler/core/toolkit'
import { getLatestPlausibleTimestamp } from '../listing/latest-plausible-timestamp.js'
import { type Selection, toTimestamp } from '../listing/trace-query.js'
import { addToTally, selectTraces, type TraceTally } from '../listing/trace-tally.js'
import { decodeRecord, isObject } from '../records/record-text.js'
import { compareByTime } from '../records/record-time.js'
import type { HttpAnswer, HttpRequest } from './http.js'
import { EVENT_TEXT } from './ingest.js'

type Send = (request: HttpRequest) => Promise<HttpAnswer>

interface Event {
  /** The time at which the event arrived, in milliseconds. */
  readonly timestamp: number
  readonly trace: string
}

/** The maximum number of events that Log Insight returns at once. */
const PAGE_EVENTS = 20_000
const MAX_LIST_PAGES = 5
/** The server's own time limit for a query. */
const QUERY_TIMEOUT_MS = 60_000
/** The client's time limit for the answer to a query. */
export const ANSWER_MS = 90_000

/**
 * Matches ids that can be used as search terms. Log Insight does not search literally for an id that contains a
 * wildcard or that contains no word.
 */
const SEARCHABLE_ID = /^\w+(?:-\w+)*$/

/** Yields the records of a trace. In each answer of the server, the oldest record comes first. */
export async function* readTrace(send: Send, baseId: string): AsyncGenerator<readonly TraceRecord[]> {
  // The search ignores case, and also finds the id inside longer strings. Therefore the exact ids are compared below.
  const constraint = SEARCHABLE_ID.test(baseId) ? `/base_id/CONTAINS%20${baseId}` : buildRecordConstraint()
  for await (const events of readPages(send, constraint, 0, 'ASC')) {
    const found = events.flatMap(({ trace }) => decodeRecord(trace) ?? []).filter(({ base_id }) => base_id === baseId)
    yield found.sort(compareByTime)
  }
}

/** Lists the newest traces, or the newest failed traces. Rejects if too many records would have to be read. */
export async function listTraces(send: Send, selection: Selection, failedOnly: boolean): Promise<TraceSummary[]> {
  const { limit, since } = selection
  const traces = new Map<string, TraceTally>()
  const latest = getLatestPlausibleTimestamp()
  let pages = 0
  // A record arrives later than the time in its timestamp. Therefore no record with the timestamp `since` or later
  // arrived before `since`.
  const begin = since === '' ? 0 : Math.max(0, Date.parse(`${since}Z`))
  for await (const events of readPages(send, buildRecordConstraint(), begin, 'DESC')) {
    if (pages++ === MAX_LIST_PAGES) throw createTooManyRecordsError()
    for (const { trace } of events) {
      const record = decodeRecord(trace)
      if (record !== undefined) addToTally(traces, record)
    }
    const reached = toTimestamp(events.at(-1)?.timestamp ?? 0)
    const newer = selectTraces(traces.values(), { ...selection, since: reached }, failedOnly)
    if (newer.filter(({ timestamp }) => timestamp <= latest).length >= limit) break
  }
  return selectTraces(traces.values(), selection, failedOnly)
}

function createTooManyRecordsError(): OsprofilerError {
  const records = (MAX_LIST_PAGES * PAGE_EVENTS).toLocaleString('en')
  return new OsprofilerError(
    'ERR_STORE',
    `The newest ${records} records of Log Insight do not include all requested traces. Ask for fewer or newer traces.`,
  )
}

function buildRecordConstraint(): string {
  return `/text/CONTAINS%20${encodeURIComponent(EVENT_TEXT)}`
}

/**
 * Yields pages of events, sorted by their time of arrival. Two consecutive pages overlap by a millisecond. Events that
 * were already on the previous page are omitted.
 */
async function* readPages(
  send: Send,
  constraint: string,
  since: number,
  direction: 'ASC' | 'DESC',
): AsyncGenerator<readonly Event[]> {
  let from = direction === 'ASC' ? since : undefined
  let known = new Map<string, number>()
  for (;;) {
    const bounds =
      direction === 'ASC' || from === undefined ? [`GE%20${from ?? since}`] : [`GE%20${since}`, `LE%20${from}`]
    const path = `/api/v1/events${constraint}${bounds.map(bound => `/timestamp/${bound}`).join('')}`
    const events = await query(
      send,
      `${path}?limit=${PAGE_EVENTS}&timeout=${QUERY_TIMEOUT_MS}&order-by-direction=${direction}`,
    )
    const fresh = removeKnownEvents(events, from, known)
    if (fresh.length > 0) yield fresh
    if (events.length < PAGE_EVENTS) return
    const last = events.at(-1)?.timestamp ?? 0
    if (last === from) {
      throw new OsprofilerError(
        'ERR_STORE',
        `Log Insight returns at most ${PAGE_EVENTS} of the records of one millisecond.`,
      )
    }
    from = last
    known = countTexts(events.filter(({ timestamp }) => timestamp === last))
  }
}

function removeKnownEvents(events: readonly Event[], time: number | undefined, known: Map<string, number>): Event[] {
  return events.filter(({ timestamp, trace }) => {
    const count = timestamp === time ? (known.get(trace) ?? 0) : 0
    known.set(trace, count - 1)
    return count <= 0
  })
}

function countTexts(events: readonly Event[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { trace } of events) counts.set(trace, (counts.get(trace) ?? 0) + 1)
  return counts
}

async function query(send: Send, path: string): Promise<Event[]> {
  const { status, body } = await send({ method: 'GET', path, timeoutMs: ANSWER_MS })
  if (status !== 200) throw new OsprofilerError('ERR_STORE', `Log Insight cannot be read: it answered ${status}.`)
  if (body.complete === false) {
    throw new OsprofilerError('ERR_STORE', 'Log Insight ran out of time and returned a partial answer. Try again.')
  }
  return Array.isArray(body.events) ? body.events.flatMap(event => toEvent(event) ?? []) : []
}

function toEvent(event: unknown): Event | undefined {
  if (!isObject(event) || !Array.isArray(event.fields)) return undefined
  const field = event.fields.find(candidate => isObject(candidate) && candidate.name === 'trace')
  const trace = isObject(field) ? field.content : undefined
  return typeof trace === 'string' ? { timestamp: Number(event.timestamp), trace } : undefined
}
