import type { Driver, TraceRecord, TraceSummary } from '@osprofiler/core'
import { correctSkew } from '../clocks/correct-skew.js'
import { computeTraceDuration } from '../clocks/trace-duration.js'
import { describeFailure, findFailureOrigins } from '../findings/failures.js'
import { buildReport } from '../tree/build-report.js'
import { isContainer, isJsonObject, readField, readText } from '../tree/read-field.js'
import { formatStatus, readRoute } from '../tree/read-record.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createShapeReader, pointDetail } from '../words/point-label.js'

/** The description of a trace for a list of traces. Strings are not escaped. */
export interface TraceDescription {
  readonly name: string
  /**
   * The action of the first point without its outcome, such as `GET /orders/7` or `Manager.create`; empty if unknown.
   */
  readonly request: string
  readonly method: string | undefined
  readonly path: string | undefined
  /** The pattern of the first request's route, such as `/orders/:id`, if its service recorded the route. */
  readonly route: string | undefined
  /** The action that similar traces share, such as `GET /orders/:id`, or `GET /orders/*` if the route is unknown. */
  readonly pattern: string
  readonly service: string | undefined
  readonly project: string | undefined
  readonly startedAt: string | undefined
  /** The status of the first request; `undefined` if the first point is not a request or has not ended. */
  readonly status: number | string | undefined
  /** `undefined` if the first point has not ended. */
  readonly durationUs: number | undefined
  readonly points: number
  readonly failed: boolean
  /** The failure of the first point that failed without a failed point below it, such as `TimeoutError: no answer`. */
  readonly error: string | undefined
}

/** A description of a stored trace, or of only its beginning if the trace is too large. */
export interface StoredTraceDescription extends TraceDescription {
  /** Whether the trace was read to its end. If not, its status, duration, points and error are unknown. */
  readonly isWhole: boolean
}

/** Limits for `describeTrace`, so that one large trace does not delay a list. */
export interface DescribeLimits {
  /** If a trace has more records, only its beginning is read. Default: 10,000. */
  readonly maxRecords?: number | undefined
  /** Number of records according to the store. If it exceeds `maxRecords`, only the first batch is read. */
  readonly knownRecords?: number | undefined
  /** Reading stops after this time, in milliseconds. Default: 2,000. */
  readonly maxMs?: number | undefined
}

const MAX_RECORDS = 10_000
const MAX_READING_MS = 2_000
const MAX_TEXT_CHARS = 2_000

/**
 * Describes a trace from the result of a driver's `readRecords`, within limits. Returns `undefined` if there are no
 * records.
 */
export async function describeTrace(
  batches: AsyncIterable<readonly TraceRecord[]>,
  { maxRecords = MAX_RECORDS, knownRecords = 0, maxMs = MAX_READING_MS }: DescribeLimits = {},
): Promise<StoredTraceDescription | undefined> {
  const records: TraceRecord[] = []
  const startedMs = performance.now()
  // A trace that is known to be too large is described from its first batch alone.
  const recordLimit = knownRecords > maxRecords ? 0 : maxRecords
  let isWhole = true
  for await (const batch of batches) {
    for (const record of batch) records.push(dropLargeParts(record))
    if (records.length <= recordLimit && performance.now() - startedMs <= maxMs) continue
    isWhole = false
    break
  }
  if (records.length === 0) return undefined
  return { ...describeReport(buildReport(records)), ...(isWhole ? {} : UNKNOWN_OUTCOME), isWhole }
}

/**
 * Works like `describeTrace`, but returns `undefined` if the trace cannot be read. A user who opens the trace sees the
 * reason.
 */
export async function describeStored(
  driver: Driver,
  { base_id: baseId, records }: TraceSummary,
): Promise<StoredTraceDescription | undefined> {
  const batches = driver.readRecords?.(baseId)
  return batches && (await describeTrace(batches, { knownRecords: records }).catch(() => undefined))
}

const UNKNOWN_OUTCOME = { status: undefined, durationUs: undefined, points: 0, failed: false, error: undefined }

/** Describes a report for a list. */
export function describeReport(report: Report): TraceDescription {
  const corrected = correctSkew(report)
  const [top] = corrected.roots
  const request = readField(top?.start, 'info', 'request')
  const method = cutText(readText(request, 'method'))
  const route = cutText(top && readRoute(top))
  const [origin] = findFailureOrigins(corrected)
  return {
    name: top?.name ?? '',
    request: top === undefined ? '' : cutText(pointDetail({ ...top, stop: undefined })),
    method,
    path: cutText(readText(request, 'path')),
    route,
    pattern: cutText(top && createShapeReader()(top)) ?? '',
    service: cutText(top?.service),
    project: cutText(top?.project),
    startedAt: cutText(report.startedAt),
    status: request === undefined ? undefined : formatStatus(top?.stop),
    durationUs: top?.finishedUs === undefined ? undefined : computeTraceDuration(corrected),
    points: report.points.length,
    failed: origin !== undefined,
    error: origin && describeError(origin, top),
  }
}

function describeError(origin: ReportNode, top: ReportNode | undefined): string {
  const where = origin.service === undefined || origin.service === top?.service ? '' : ` in ${origin.service}`
  return cutText(describeFailure(origin)) + cutText(where)
}

function cutText<Text extends string | undefined>(text: Text): Text
function cutText(text: string | undefined): string | undefined {
  return text?.slice(0, MAX_TEXT_CHARS)
}

const LARGE_KEYS = ['args', 'kwargs', 'result', 'params']

/** Removes large parts of a record that a list does not show, because ten thousand records may be in memory at once. */
function dropLargeParts(record: TraceRecord): TraceRecord {
  const info = readField(record, 'info')
  if (!isJsonObject(info)) return record
  const kept = Object.entries(info).map(([key, value]) => [
    key,
    key === 'db' || key === 'function' ? dropLargeKeys(value) : value,
  ])
  return { ...record, info: Object.fromEntries(kept) }
}

function dropLargeKeys(value: unknown): unknown {
  if (!isContainer(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => !LARGE_KEYS.includes(key)))
}
