import { restoreAccounts } from '../tree/lift-accounts.js'
import { readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'

/** A report as JSON, see `reportJson`. */
export interface ReportJson {
  readonly info: Readonly<Record<string, unknown>>
  readonly children: readonly ReportNodeJson[]
  readonly stats: Readonly<Record<string, { readonly count: number; readonly duration: number }>>
}

/** A point as JSON, see `reportJson`. */
export interface ReportNodeJson {
  readonly info: Readonly<Record<string, unknown>>
  readonly trace_id: string
  readonly parent_id: string | null
  readonly children: readonly ReportNodeJson[]
}

/** The prefix of a record's key in a point's `info`. The rest of the key is the record's name. */
export const PAYLOAD_PREFIX = 'meta.raw_payload.'

/**
 * Returns the JSON of a report, as Python's `osprofiler trace show --json` prints it for the same records. `started`,
 * `finished` and `stats` are in whole milliseconds. In addition to Python's keys, there are keys of our own:
 *
 * - in the report's `info`: `base_id`, `started_at` (the timestamp from which all times are counted), `finished_us`
 * - in a point's `info`: `started_us` and `finished_us` (microseconds; null if unknown), `marks` (see `Mark`), and
 *   `other_records` if there are any (duplicates and contradictions, in full)
 *
 * If only one of a point's times is known, `started` and `finished` both contain this time, as in Python.
 * `JSON.stringify` recurses, so use `reportJsonChunks(report)` if the report may be very deep or large.
 */
export function reportJson(steps: Report): ReportJson {
  const report = restoreAccounts(steps)
  const jsonOf = new Map<ReportNode, ReportNodeJson>()
  for (const node of report.points.toReversed()) {
    const children = node.children.map(child => jsonOf.get(child)).filter(child => child !== undefined)
    jsonOf.set(node, { ...nodeHead(node), children })
  }
  return {
    info: reportInfo(report),
    children: report.roots.map(root => jsonOf.get(root)).filter(root => root !== undefined),
    stats: reportStats(report),
  }
}

/** Returns the `info` of a whole report, with Python's times in milliseconds and our own in microseconds. */
export function reportInfo(report: Report): ReportJson['info'] {
  const { durationUs, lastStartedUs } = report
  return {
    name: 'total',
    started: 0,
    finished: durationUs === undefined ? null : toWholeMs(durationUs),
    last_trace_started: lastStartedUs === undefined ? null : toWholeMs(lastStartedUs),
    base_id: report.baseId ?? null,
    started_at: report.startedAt ?? null,
    finished_us: durationUs ?? null,
  }
}

/** Returns how often each name occurs, and its total duration in whole milliseconds, truncated as in Python. */
export function reportStats(report: Report): ReportJson['stats'] {
  const stats = new Map<string, { count: number; duration: number }>()
  for (const node of report.points) {
    let entry = stats.get(node.name)
    if (entry === undefined) {
      entry = { count: 0, duration: 0 }
      stats.set(node.name, entry)
    }
    entry.count++
    entry.duration += readEndMs(node) - readStartMs(node)
  }
  return Object.fromEntries(stats)
}

/** Returns a point's JSON without its children, with the keys in Python's order. */
export function nodeHead(node: ReportNode): Omit<ReportNodeJson, 'children'> {
  const { start, stop } = node
  const main = start ?? stop
  const info: Record<string, unknown> = {
    name: node.name,
    project: readField(main, 'project') ?? null,
    service: readField(main, 'service') ?? null,
    host: readField(main, 'info', 'host') ?? null,
  }
  if (start !== undefined) info[createPayloadKey(start, 'start')] = start
  info.started = readStartMs(node)
  if (stop !== undefined) info[createPayloadKey(stop, 'stop')] = stop
  info.finished = readEndMs(node)
  if (stop !== undefined) {
    const exception = readField(stop, 'info', 'etype')
    info.exception = exception === undefined ? 'None' : exception
  }
  info.started_us = node.startedUs ?? null
  info.finished_us = node.finishedUs ?? null
  info.marks = node.marks
  if (node.otherRecords.length > 0) info.other_records = node.otherRecords
  return { info, trace_id: node.traceId, parent_id: node.parentId ?? null }
}

function createPayloadKey(record: unknown, kind: 'start' | 'stop'): string {
  const name = readField(record, 'name')
  return `${PAYLOAD_PREFIX}${typeof name === 'string' ? name : `unknown-${kind}`}`
}

function readStartMs(node: ReportNode): number {
  return toWholeMs(node.startedUs ?? node.finishedUs ?? 0)
}

function readEndMs(node: ReportNode): number {
  return toWholeMs(node.finishedUs ?? node.startedUs ?? 0)
}

function toWholeMs(us: number): number {
  return Math.trunc(us / 1000)
}
