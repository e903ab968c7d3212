import type { TraceSummary } from '@osprofiler/core'
import { describeReport, type StoredTraceDescription, shownName } from '@osprofiler/report'
import { showText } from '@osprofiler/report/toolkit'
import type { ListedTrace } from '../../protocol/listed-trace.js'
import type { TraceFile } from '../traces/trace-files.js'

/** The members of a listed trace that come from reading the trace. */
export type TraceReading = Pick<
  ListedTrace,
  'request' | 'pattern' | 'points' | 'status' | 'durationUs' | 'failed' | 'error' | 'reading'
>

/** Maximum number of characters of a record's string in a list. The trace's page shows the rest. */
const MAX_TEXT_CHARS = 200

const NOT_YET_READ: TraceReading = {
  request: '',
  pattern: '',
  points: null,
  status: null,
  durationUs: null,
  failed: false,
  error: '',
  reading: 'waiting',
}

/** Returns the members for a trace that has been read. `description` is `undefined` if the trace could not be read. */
export function toTraceReading(description: StoredTraceDescription | undefined): TraceReading {
  if (description === undefined) return { ...NOT_YET_READ, reading: 'read' }
  const { request, pattern, points, status, durationUs, failed, error, isWhole } = description
  return {
    request: toShownText(request),
    pattern: toShownText(pattern),
    points: isWhole ? points : null,
    status: status ?? null,
    durationUs: durationUs ?? null,
    failed,
    error: toShownText(error),
    reading: isWhole ? 'read' : 'large',
  }
}

/**
 * Returns a trace of the store as an entry of the list. Accepts values of any type, because a store may return anything
 * that was written to it.
 */
export function toListedTrace(trace: TraceSummary, failed: boolean, reading: TraceReading = NOT_YET_READ): ListedTrace {
  return {
    ref: `id:${trace.base_id}`,
    id: toShownText(trace.base_id),
    timestamp: toShownText(trace.timestamp),
    name: toShownText(shownName(String(trace.name ?? ''))),
    project: toShownText(trace.project),
    service: toShownText(trace.service),
    records: Number(trace.records) || 0,
    ...reading,
    failed: failed || reading.failed,
    isFile: false,
  }
}

/** Returns an opened file as an entry of the list. Counts each start and each stop as one record. */
export function toListedFile({ number, name, report }: TraceFile): ListedTrace {
  const description = describeReport(report)
  return {
    ref: `file:${number}`,
    id: toShownText(report.baseId),
    timestamp: toShownText(description.startedAt),
    name: toShownText(name),
    project: toShownText(description.project),
    service: toShownText(description.service),
    records: report.points.reduce((sum, { start, stop }) => sum + (start ? 1 : 0) + (stop ? 1 : 0), 0),
    ...toTraceReading({ ...description, isWhole: true }),
    isFile: true,
  }
}

function toShownText(value: unknown): string {
  return showText(value, MAX_TEXT_CHARS, '…')
}
