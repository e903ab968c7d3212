import { joinChunks } from '../json/join-chunks.js'
import { writeJson } from '../json/write-json.js'
import { listPointsInRecordOrder, recordsOfPoint, toEmbeddedRecords } from '../tree/list-records.js'
import type { Report, ReportNode } from '../tree/report.js'
import { type SlicedAccount, sliceAccounts } from './account-slices.js'
import { createExportLabel, nameExportService } from './export-label.js'
import { type LaidPoint, layTracks, type Track } from './lay-tracks.js'

interface PlacedPoint extends LaidPoint {
  readonly pid: number
  readonly tid: number
}

/**
 * Writes a report as Chrome's trace events (JSON), in pieces, for https://ui.perfetto.dev and chrome://tracing. Each
 * service is a process. A point that runs at the same time as a sibling is on a separate track. An arrow leads from a
 * caller to the service that it called. Times are in microseconds since the trace's first record. A point without a
 * stop extends to its parent's end, and its arguments contain `unfinished`. The timeline of an account has a track of
 * its own. The arguments also contain the records for `readTraceFile`. Format: "Trace Event Format" of the Chromium
 * project.
 */
export function exportPerfetto(report: Report): Generator<string, void, undefined> {
  return joinChunks(writeDocument(report))
}

function* writeDocument(report: Report): Generator<string, void, undefined> {
  const otherData = {
    format: 'osprofiler',
    base_id: report.baseId ?? null,
    started_at: report.startedAt ?? null,
    duration_us: report.durationUs ?? null,
  }
  yield `{"displayTimeUnit":"ms","otherData":${writeJson(otherData, 0)},"traceEvents":[`
  let separator = '\n'
  for (const event of listEvents(report)) {
    yield separator + writeJson(event, 0)
    separator = ',\n'
  }
  yield '\n]}\n'
}

function* listEvents(report: Report): Generator<object, void, undefined> {
  const tracks = layTracks(report, nameExportService)
  const pids = numberProcesses(report)
  const places = placePoints(tracks, pids)
  for (const [name, pid] of pids) {
    yield { name: 'process_name', ph: 'M', pid, tid: 0, ts: 0, args: { name } }
    yield { name: 'process_sort_index', ph: 'M', pid, tid: 0, ts: 0, args: { sort_index: pid } }
  }
  const counts = new Map<string, number>()
  for (const [index, { group }] of tracks.entries()) {
    const count = (counts.get(group) ?? 0) + 1
    counts.set(group, count)
    const args = { name: `track ${count}` }
    yield { name: 'thread_name', ph: 'M', pid: pids.get(group) ?? 0, tid: index + 1, ts: 0, args }
  }
  for (const node of listPointsInRecordOrder(report)) {
    const place = places.get(node)
    if (place !== undefined) yield createCompleteEvent(place)
  }
  for (const [index, account] of sliceAccounts(report).entries()) {
    const place = { pid: pids.get(nameExportService(account.node)) ?? 0, tid: tracks.length + index + 1 }
    yield* createAccountEvents(account, place)
  }
  let flows = 0
  for (const node of report.points) {
    const from = places.get(node)
    for (const child of node.children) {
      const to = places.get(child)
      if (from === undefined || to === undefined || from.pid === to.pid) continue
      flows++
      yield* createFlowEvents(flows, from, to)
    }
  }
}

function numberProcesses(report: Report): Map<string, number> {
  const pids = new Map<string, number>()
  for (const node of [...report.points, ...(report.accounts ?? [])]) {
    const service = nameExportService(node)
    if (!pids.has(service)) pids.set(service, pids.size + 1)
  }
  return pids
}

function placePoints(tracks: readonly Track[], pids: ReadonlyMap<string, number>): Map<ReportNode, PlacedPoint> {
  const places = new Map<ReportNode, PlacedPoint>()
  for (const [index, { group, points }] of tracks.entries()) {
    const pid = pids.get(group) ?? 0
    for (const point of points) places.set(point.node, { ...point, pid, tid: index + 1 })
  }
  return places
}

function createCompleteEvent({ node, startUs, endUs, pid, tid }: PlacedPoint): object {
  return {
    name: createExportLabel(node),
    cat: node.failed ? 'failed' : 'point',
    ph: 'X',
    ts: startUs,
    dur: endUs - startUs,
    pid,
    tid,
    args: {
      trace_id: node.traceId,
      parent_id: node.parentId ?? null,
      host: node.host ?? null,
      ...(node.exception === undefined ? {} : { exception: node.exception }),
      ...(node.finishedUs === undefined ? { unfinished: true } : {}),
      ...(node.marks.length === 0 ? {} : { marks: node.marks }),
      osprofiler_records: toEmbeddedRecords(recordsOfPoint(node)),
    },
  }
}

/** Yields the events of an account: one for the whole account, and one for each interval of its timeline below it. */
function* createAccountEvents(
  { node, name, slices, startUs, endUs }: SlicedAccount,
  place: { readonly pid: number; readonly tid: number },
): Generator<object, void, undefined> {
  yield { name: 'thread_name', ph: 'M', ...place, ts: 0, args: { name: 'why' } }
  yield {
    ...{ name, cat: 'account', ph: 'X', ts: startUs, dur: endUs - startUs, ...place },
    args: {
      trace_id: node.traceId,
      parent_id: node.parentId ?? null,
      osprofiler_records: toEmbeddedRecords(recordsOfPoint(node)),
    },
  }
  for (const slice of slices) {
    yield { name: slice.name, cat: slice.kind, ph: 'X', ts: slice.startUs, dur: slice.endUs - slice.startUs, ...place }
  }
}

/** Returns an arrow that begins within the caller, even if the clocks of the two hosts disagree. */
function createFlowEvents(id: number, from: PlacedPoint, to: PlacedPoint): object[] {
  const ts = Math.min(Math.max(to.startUs, from.startUs), from.endUs)
  const arrow = { name: 'call', cat: 'hop', id }
  return [
    { ...arrow, ph: 's', ts, pid: from.pid, tid: from.tid },
    { ...arrow, ph: 'f', bp: 'e', ts: to.startUs, pid: to.pid, tid: to.tid },
  ]
}
