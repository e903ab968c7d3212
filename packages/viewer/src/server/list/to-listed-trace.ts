import type { TraceSummary } from '@osprofiler/core'
import { describeReport, type StoredTraceDescription, shownName } from '@osprofiler/report'
import { showText } from '@osprofiler/report/toolkit'
import type { ListedTrace } from '../../protocol/listed-trace.js'
import type { TraceFile } from '../traces/trace-files.js'

/** The members of a listed trace that come from reading the trace. */
export type Reading = Pick<
  ListedTrace,
  'request' | 'pattern' | 'points' | 'status' | 'durationUs' | 'failed' | 'error' | 'reading'
>

/** The limit for texts of a record in a list; the page of the trace has the rest. */
const MAX_TEXT_LENGTH = 200

const NOTHING: Reading = {
  request: '',
  pattern: '',
  points: null,
  status: null,
  durationUs: null,
  failed: false,
  error: '',
  reading: 'waiting',
}

/** Returns the members for a trace that was read. `description` is `undefined` if reading gave nothing. */
export function toReading(description: StoredTraceDescription | undefined): Reading {
  if (description === undefined) return { ...NOTHING, reading: 'read' }
  const { request, pattern, points, status, durationUs, failed, error, isWhole } = description
  return {
    request: toShown(request),
    pattern: toShown(pattern),
    points: isWhole ? points : null,
    status: status ?? null,
    durationUs: durationUs ?? null,
    failed,
    error: toShown(error),
    reading: isWhole ? 'read' : 'large',
  }
}

/** Accepts any values, because a store returns whatever it holds. */
export function toListed(trace: TraceSummary, failed: boolean, reading: Reading = NOTHING): ListedTrace {
  return {
    ref: `id:${trace.base_id}`,
    id: toShown(trace.base_id),
    timestamp: toShown(trace.timestamp),
    name: toShown(shownName(String(trace.name ?? ''))),
    project: toShown(trace.project),
    service: toShown(trace.service),
    records: Number(trace.records) || 0,
    ...reading,
    failed: failed || reading.failed,
    isFile: false,
  }
}

/** Returns an opened file as an entry of the list. A start and a stop count as one record each. */
export function toListedFile({ number, name, report }: TraceFile): ListedTrace {
  const description = describeReport(report)
  return {
    ref: `file:${number}`,
    id: toShown(report.baseId),
    timestamp: toShown(description.startedAt),
    name: toShown(name),
    project: toShown(description.project),
    service: toShown(description.service),
    records: report.points.reduce((sum, { start, stop }) => sum + (start ? 1 : 0) + (stop ? 1 : 0), 0),
    ...toReading({ ...description, isWhole: true }),
    isFile: true,
  }
}

function toShown(value: unknown): string {
  return showText(value, MAX_TEXT_LENGTH, '…')
}
