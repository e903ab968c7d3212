import type { TraceSummary } from '@osprofiler/core'
import { correctSkew, escapeControl, pointDetail } from '@osprofiler/report'
import type { TraceDescription } from './describe-traces.js'
import { traceDuration } from './trace-duration.js'
import type { TraceFile } from './trace-files.js'

/** One trace of the list, as a page gets it. All but `ref` is text to be shown, with nothing left to obey. */
export interface ListedTrace {
  /** What the trace is named by in addresses: as it is. */
  readonly ref: string
  readonly id: string
  readonly timestamp: string
  readonly name: string
  /** What its first point does; empty until that is known. */
  readonly detail: string
  readonly project: string
  readonly service: string
  readonly records: number
  /** In microseconds; `null` until it is known. */
  readonly durationUs: number | null
  readonly failed: boolean
  readonly isFile: boolean
}

/** Texts of a record in a list, at most; the rest is on the trace's own page. */
const LONGEST_TEXT = 200

/** A store hands out what it holds, whatever its types. */
export function toListed(trace: TraceSummary, failed: boolean, description: TraceDescription | undefined): ListedTrace {
  return {
    ref: `id:${trace.base_id}`,
    id: toShown(trace.base_id),
    timestamp: toShown(trace.timestamp),
    name: toShown(trace.name),
    detail: toShown(description?.detail),
    project: toShown(trace.project),
    service: toShown(trace.service),
    records: Number(trace.records) || 0,
    durationUs: description?.durationUs ?? null,
    failed,
    isFile: false,
  }
}

/** A file that was opened, as one more trace. */
export function toListedFile({ number, name, report }: TraceFile): ListedTrace {
  const top = report.roots[0]
  return {
    ref: `file:${number}`,
    id: toShown(report.baseId),
    timestamp: toShown(report.startedAt),
    name: toShown(name),
    detail: toShown(top && pointDetail(top)),
    project: toShown(top?.project),
    service: toShown(top?.service),
    records: report.points.reduce((sum, { start, stop }) => sum + (start ? 1 : 0) + (stop ? 1 : 0), 0),
    durationUs: traceDuration(correctSkew(report)) ?? null,
    failed: report.points.some(point => point.failed),
    isFile: true,
  }
}

function toShown(value: unknown): string {
  const text = String(value ?? '')
  return escapeControl(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text)
}
