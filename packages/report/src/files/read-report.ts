import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { isStopName } from '@osprofiler/core/record'
import { PAYLOAD_PREFIX } from '../json/report-json.js'
import { buildReport } from '../tree/build-report.js'
import { isContainer, readField, readNumber, readText } from '../tree/read-field.js'
import type { Report } from '../tree/report.js'
import { createTimestampReader, formatTimestamp } from '../tree/timestamp.js'
import { createFileLimits, type FileLimits } from './file-limits.js'

/** The number of records needs no limit, because the whole text is in memory already. */
const NO_RECORD_LIMIT = Number.POSITIVE_INFINITY

/**
 * Reads a report from the JSON that `osprofiler trace show --json` prints, either in Python's command or in ours. The
 * JSON contains all records. If Python's SQL driver wrote it, it contains only each record's `info`, so the other
 * fields are taken from the point that contains the record. These times of a point are whole milliseconds since the
 * first timestamp in the file, or since 1970 if the file has no timestamp.
 *
 * @throws SyntaxError if the text is not JSON, TypeError if it is not a report
 */
export function readReport(json: string): Report {
  const value = parse(json)
  if (!isReportJson(value)) {
    throw new TypeError(
      'Not a report: it has no list "children". Give a file from "osprofiler trace show --json --out FILE", or records as .jsonl.',
    )
  }
  return buildReportFromNodes(value, listNodes(value), createFileLimits(NO_RECORD_LIMIT))
}

/**
 * Builds a report from the JSON of its top-level object and its points, parents first. Throws a RangeError if the
 * limits are exceeded.
 */
export function buildReportFromNodes(report: unknown, nodes: readonly unknown[], limits: FileLimits): Report {
  const records = collectRecords(report, nodes, limits)
  return withLeftOut(buildReport(records), limits)
}

/** Sets `leftOut` of a report to the number of entries that were left out, if there are any. */
export function withLeftOut(report: Report, { leftOut }: FileLimits): Report {
  return leftOut === 0 ? report : { ...report, leftOut }
}

function parse(json: string): unknown {
  try {
    return parseJson(json.replace(/^\ufeff/, ''))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ') : String(cause)
    throw createJsonError(reason, cause)
  }
}

/** Creates the error for a file that looks like a report, but is not JSON. */
export function createJsonError(reason: string, cause?: unknown): SyntaxError {
  return new SyntaxError(`Not a report: the file is not JSON (${reason}). Write it again with --json --out FILE.`, {
    cause,
  })
}

/** Returns whether a JSON value is a report, written by this package or by Python's command. */
export function isReportJson(value: unknown): boolean {
  return Array.isArray(readField(value, 'children'))
}

function collectRecords(report: unknown, nodes: readonly unknown[], limits: FileLimits): TraceRecord[] {
  const zeroUs = findZeroUs(report, nodes)
  const baseId = readText(report, 'info', 'base_id') ?? readText(nodes[0], 'parent_id') ?? null
  const records: unknown[] = []
  const addIfAdmitted = (record: unknown): void => {
    if (limits.admit(record)) records.push(record)
  }
  for (const node of sortInRecordOrder(nodes)) {
    const info = readField(node, 'info')
    const payloads = Object.entries(typeof info === 'object' && info !== null ? info : {}).filter(([key]) =>
      key.startsWith(PAYLOAD_PREFIX),
    )
    // Our own reports contain every record unchanged, including invalid ones.
    if (readField(info, 'marks') !== undefined) {
      for (const [, payload] of payloads) addIfAdmitted(payload)
      const others = readField(info, 'other_records')
      if (Array.isArray(others)) for (const record of others) addIfAdmitted(record)
    } else if (payloads.length > 0) {
      for (const [key, payload] of payloads) {
        addIfAdmitted(completeRecord(key.slice(PAYLOAD_PREFIX.length), payload, node, baseId, zeroUs))
      }
    } else {
      // A node without records, or a value that is not a node, is kept and shown as malformed.
      addIfAdmitted(node)
    }
  }
  return records as TraceRecord[]
}

/** Lists all points in a report's JSON, parents before children. */
export function listNodes(report: unknown): unknown[] {
  const nodes: unknown[] = []
  const waiting: unknown[] = [report]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node !== report) nodes.push(node)
    const children = readField(node, 'children')
    if (Array.isArray(children)) for (const child of children.toReversed()) waiting.push(child)
  }
  return nodes
}

/** Sorts points without an id by the number in their generated id, so that they get the same id again. */
function sortInRecordOrder(nodes: readonly unknown[]): readonly unknown[] {
  const readGeneratedNumber = (node: unknown): number => {
    const marks = readField(node, 'info', 'marks')
    if (!Array.isArray(marks) || !marks.includes('no-id')) return -1
    return Number.parseInt(readText(node, 'trace_id')?.slice('unknown-'.length) ?? '', 10) || 0
  }
  const numbered = nodes.map(node => ({ node, number: readGeneratedNumber(node) }))
  if (numbered.every(({ number }) => number === -1)) return nodes
  return numbered.sort((a, b) => a.number - b.number).map(({ node }) => node)
}

/** Returns the time from which the report's milliseconds are counted, in microseconds since 1970. */
function findZeroUs(report: unknown, nodes: readonly unknown[]): number {
  const readTime = createTimestampReader()
  let zeroUs = readTime(readField(report, 'info', 'started_at'))
  if (zeroUs !== undefined) return zeroUs
  for (const node of nodes) {
    const info = readField(node, 'info')
    if (typeof info !== 'object' || info === null) continue
    for (const [key, payload] of Object.entries(info)) {
      const at = key.startsWith(PAYLOAD_PREFIX) ? readTime(readField(payload, 'timestamp')) : undefined
      if (at !== undefined && (zeroUs === undefined || at < zeroUs)) zeroUs = at
    }
  }
  return zeroUs ?? 0
}

function completeRecord(name: string, payload: unknown, node: unknown, baseId: string | null, zeroUs: number): unknown {
  const ms = readNumber(node, 'info', isStopName(name) ? 'finished' : 'started')
  return {
    name,
    base_id: baseId,
    parent_id: readField(node, 'parent_id'),
    trace_id: readField(node, 'trace_id'),
    timestamp: ms !== undefined ? formatTimestamp(zeroUs + ms * 1000) : null,
    info: { host: readField(node, 'info', 'host') ?? null },
    project: readField(node, 'info', 'project'),
    service: readField(node, 'info', 'service'),
    ...(isContainer(payload) ? payload : {}),
  }
}
