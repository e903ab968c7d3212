import { findRaisedCall } from '../analysis/calls/raised-python-call.js'
import { findSilentTargets, type SilentTarget } from '../analysis/calls/silent-targets.js'
import { countDroppedRecords, countOmittedPoints } from '../analysis/losses.js'
import { coveredUs } from '../analysis/self-time.js'
import { groupBy } from '../tree/group-by.js'
import { readField } from '../tree/read-field.js'
import type { Mark, Report, ReportNode } from '../tree/report.js'
import { describeCallSites } from '../words/call-sites.js'
import { formatCount, formatCounted } from '../words/format-duration.js'
import { MARK_WORDS } from '../words/mark-words.js'
import type { Evidence } from './evidence.js'
import { createFinding, type Finding } from './finding.js'
import { type Quote, shorten } from './phrases.js'

/** Marks without an `irregular` finding: `unfinished` has a separate finding, and the other marks are harmless. */
const EXCLUDED_MARKS: readonly Mark[] = ['unfinished', 'no-id', 'duplicate']

const MIN_UNSIGNED_SHARE = 0.1
const MIN_UNSIGNED_US = 10_000

const RECORDS_PER_POINT = 2

/**
 * The maximum number of unfinished points below which `describeRaisedCall` searches. The number is small, because the
 * searches below nested points visit the same points again.
 */
const MAX_SEARCHED_POINTS = 10

/** Names the points that never stopped, in a single finding. */
export function unfinishedFindings({ report, quote }: Evidence): Finding[] {
  const nodes = report.points.filter(node => node.marks.includes('unfinished') && !node.marks.includes('malformed'))
  const [first] = nodes
  if (first === undefined) return []
  const place = describeCallSites([first])
  const sentence =
    nodes.length === 1
      ? `${quote([first])}${place}${place && ','} never finished, so its duration is unknown`
      : `${formatCounted(nodes.length, 'point')} never finished, so their durations are unknown; the first is ${quote([first])}${place}`
  return [createFinding('unfinished', nodes, `${sentence}${describeRaisedCall(nodes, quote)}`)]
}

/**
 * Names a bug of Python's requests hook as a possible reason for unfinished points. Without this sentence, readers of a
 * trace of Python and Node.js services would look for the cause elsewhere.
 */
function describeRaisedCall(unfinished: readonly ReportNode[], quote: Quote): string {
  for (const node of unfinished.slice(0, MAX_SEARCHED_POINTS)) {
    const call = findRaisedCall(node)
    if (call !== undefined)
      return `; perhaps ${quote([call], false)} raised an exception, and Python's requests hook did not record its stop`
  }
  return ''
}

/** Reports how many points the services omitted because of their limit per trace. */
export function omittedFindings({ report, limit, quote }: Evidence): Finding[] {
  const found = report.points.flatMap(node => {
    const count = countOmittedPoints(node)
    if (count === 0) return []
    const who = node.service === undefined ? 'A service' : shorten(node.service)
    const sentence = `${who} did not record ${formatCounted(count, 'point')} below ${quote([node], false)}, because the trace exceeded maxPointsPerTrace`
    return [{ ...createFinding('omitted', [node], sentence), count }]
  })
  return found.slice(0, limit)
}

/** Reports how many records were lost, according to the stops in the trace and the option `dropped`. */
export function droppedFindings({ report, dropped: known }: Evidence): Finding[] {
  const reporting = report.points.filter(node => countDroppedRecords(node) > 0)
  const count = reporting.reduce(
    (sum, node) => sum + countDroppedRecords(node),
    Number.isFinite(known) ? Math.max(known, 0) : 0,
  )
  if (!(count > 0)) return []
  const services = new Set(reporting.map(({ service }) => service).filter(service => service !== undefined))
  const [who] = services
  const from = services.size === 1 && !(known > 0) ? ` from ${shorten(who ?? '')}` : ''
  const sentence = `${formatCounted(count, 'record')} of this trace ${count === 1 ? 'was' : 'were'} lost on the way${from} to the store: points are missing or look unfinished`
  return [{ ...createFinding('dropped', reporting, sentence), count }]
}

/**
 * Reports which services recorded more points than the trace contains. Leaves out a service if the lost records that it
 * reported explain the difference.
 */
export function missingFindings({ report, missing: found, limit }: Evidence): Finding[] {
  const droppedBy = groupBy(
    report.points.filter(node => countDroppedRecords(node) > 0),
    ({ service }) => service,
  )
  return found
    .filter(({ service, missing }) => {
      const dropped = (droppedBy.get(service) ?? []).reduce((sum, node) => sum + countDroppedRecords(node), 0)
      return dropped < RECORDS_PER_POINT * missing
    })
    .toSorted((a, b) => b.missing - a.missing)
    .slice(0, limit)
    .map(({ service, requests, recorded, missing }) => {
      const who = service === undefined ? 'A service' : shorten(service)
      const where = requests.length === 1 ? 'this request' : formatCounted(requests.length, 'request')
      const here = recorded - missing
      const sentence = `${who} recorded ${formatCounted(recorded, 'point')} of ${where}; ${formatCount(here)} ${here === 1 ? 'is' : 'are'} here`
      const served = requests.map(request => request.served)
      return { ...createFinding('missing', served, sentence), count: missing }
    })
}

/**
 * Reports which services made queries that are not recorded. Each service has only one sentence, even if many of its
 * points report such queries.
 */
export function unrecordedFindings({ report, limit }: Evidence): Finding[] {
  const nodesByService = groupBy(report.points.filter(hasUnrecordedQueries), ({ service }) => service)
  return Array.from(nodesByService)
    .slice(0, limit)
    .map(([service, nodes]) => {
      const who = service === undefined ? 'a service' : shorten(service)
      return createFinding(
        'unrecorded',
        nodes,
        `Queries of ${who} are not recorded: set OSPROFILER_TRACE_SQL=statements`,
      )
    })
}

function hasUnrecordedQueries({ stop }: ReportNode): boolean {
  const names = readField(stop, 'info', 'unrecorded')
  return Array.isArray(names) && names.some(name => typeof name === 'string' && name !== '')
}

/**
 * Reports which services answered calls but did not record them. Services that recorded other calls come first, because
 * a service that never records anything may belong to someone else. A service that gets no trace headers is only named
 * if its calls take long.
 */
export function silentFindings({ report, request, limit }: Evidence): Finding[] {
  return findSilentTargets(report)
    .filter(target => !target.isUnsigned || takesLong(target, request))
    .toSorted((a, b) => Number(b.reported > 0) - Number(a.reported > 0) || b.silent.length - a.silent.length)
    .slice(0, limit)
    .map(target => createFinding('silent', target.silent, describeSilentTarget(target)))
}

function takesLong({ silent }: SilentTarget, { durationUs = 0 }: Report): boolean {
  return (coveredUs(silent) ?? 0) >= Math.max(MIN_UNSIGNED_US, durationUs * MIN_UNSIGNED_SHARE)
}

function describeSilentTarget({ target, silent, isUnsigned, reported }: SilentTarget): string {
  const count = silent.length
  const answered = `${shorten(target)} answered ${formatCounted(count, 'call')}, but nothing is recorded below ${count === 1 ? 'it' : 'them'}`
  if (isUnsigned) {
    const calls = count === 1 ? 'the call' : 'the calls'
    return `${answered}: ${calls} had no trace headers, perhaps because the caller's propagateTo does not match the host`
  }
  if (reported === 0) {
    return `${answered}: perhaps the service is not traced, has other keys or a wrong clock, gets no signed headers (a proxy, propagateTo), or writes to another store`
  }
  return `${answered}, unlike ${formatCounted(reported, 'other call')}: perhaps records are late or lost, or the service refused the trace`
}

/** Names the points whose records are missing, contradictory or broken. Each mark has one finding. */
export function irregularFindings({ report, quote }: Evidence): Finding[] {
  const marks = (Object.keys(MARK_WORDS) as Mark[]).filter(mark => !EXCLUDED_MARKS.includes(mark))
  return marks.flatMap(mark => {
    const nodes = report.points.filter(node => node.marks.includes(mark))
    const [first] = nodes
    if (first === undefined) return []
    const others = nodes.length - 1
    const more = others === 0 ? '' : `; the same holds for ${formatCounted(others, 'more point')}`
    return [createFinding('irregular', nodes, `${quote([first])} ${MARK_WORDS[mark]}${more}`)]
  })
}
