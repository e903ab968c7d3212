import type { TraceRecord } from '@osprofiler/core'
import { asNumber } from '@osprofiler/core/json'
import { pointName } from '@osprofiler/core/record'
import { liftAccounts } from './lift-accounts.js'
import { type LinkedPoint, linkPoints } from './link-points.js'
import { ACCOUNT_NAME, holdsAccount } from './read-account.js'
import { readField, readText } from './read-field.js'
import { formatDigits, type RecordFacts, readRecord, readStatus } from './read-record.js'
import type { Mark, Report } from './report.js'
import { createTimestampReader } from './timestamp.js'

interface PointRecords {
  traceId: string
  start: RecordFacts | undefined
  stop: RecordFacts | undefined
  others: RecordFacts[]
  marks: Mark[]
}

const EMPTY: readonly never[] = Object.freeze([])

/**
 * Builds the tree of a trace from its records, which may be in any order. No record causes an error or an endless loop,
 * and every record is in the tree, or in `accounts`. Missing, contradictory or broken records are marked (see `Mark`).
 * Takes O(n log n) time without recursion, so any depth is possible. Source: `osprofiler/drivers/base.py` of OSProfiler
 * 3.4.3. Unlike Python, this function keeps microseconds, and removes only `-start` and `-stop` from names. It also
 * keeps points in cycles, which Python loses, and marks unfinished points, which Python shows as finished.
 */
export function buildReport(records: Iterable<TraceRecord>): Report {
  const recordsByPoint = new Map<string, PointRecords>()
  const withoutId: RecordFacts[] = []
  const baseIds = new Map<string, number>()
  const readTime = createTimestampReader()

  for (const record of records) {
    const facts = readRecord(record, readTime)
    if (facts.baseId !== undefined) baseIds.set(facts.baseId, (baseIds.get(facts.baseId) ?? 0) + 1)
    if (facts.traceId === undefined) withoutId.push(facts)
    else addRecord(recordsByPoint, facts.traceId, facts)
  }
  withoutId.forEach((facts, index) => {
    let id = `unknown-${index + 1}`
    while (recordsByPoint.has(id)) id += '-'
    addRecord(recordsByPoint, id, facts).marks.push('no-id')
  })

  const accountIds = findAccounts(recordsByPoint)
  const { first, lastUs, lastStartUs } = findTimes(recordsByPoint, accountIds)
  const zeroUs = first?.atUs ?? 0
  const baseId = findMostFrequent(baseIds)
  const points = Array.from(recordsByPoint.values(), point => createPoint(point, zeroUs, baseId))
  return {
    baseId,
    startedAt: readText(first?.record, 'timestamp'),
    durationUs: first === undefined ? undefined : lastUs - zeroUs,
    lastStartedUs: lastStartUs === Number.NEGATIVE_INFINITY ? undefined : lastStartUs - zeroUs,
    ...liftAccounts(linkPoints(points, baseId), accountIds),
  }
}

/**
 * Returns the ids of the points that contain accounts. A point with children is a step, not an account. If no other
 * points would be left, all points are steps.
 */
function findAccounts(recordsByPoint: ReadonlyMap<string, PointRecords>): Set<string> {
  const ids = new Set<string>()
  for (const { traceId, start } of recordsByPoint.values()) {
    if (start !== undefined && pointName(start.name) === ACCOUNT_NAME && holdsAccount(start.record)) ids.add(traceId)
  }
  if (ids.size === 0) return ids
  for (const { start, stop } of recordsByPoint.values()) ids.delete((start ?? stop)?.parentId ?? '')
  return ids.size === recordsByPoint.size ? new Set() : ids
}

interface Times {
  readonly first: RecordFacts | undefined
  readonly lastUs: number
  readonly lastStartUs: number
}

/**
 * Returns the first and the last times of the steps. An account is made after the request, so its times do not count.
 */
function findTimes(recordsByPoint: ReadonlyMap<string, PointRecords>, accountIds: ReadonlySet<string>): Times {
  let first: RecordFacts | undefined
  let lastUs = Number.NEGATIVE_INFINITY
  let lastStartUs = Number.NEGATIVE_INFINITY
  for (const { traceId, start, stop, others } of recordsByPoint.values()) {
    if (accountIds.has(traceId)) continue
    for (const facts of [start, stop, ...others]) {
      if (facts?.atUs === undefined) continue
      if (first === undefined || isEarlier(facts, first)) first = facts
      if (facts.atUs > lastUs) lastUs = facts.atUs
      if (facts.kind === 'start' && facts.atUs > lastStartUs) lastStartUs = facts.atUs
    }
  }
  return { first, lastUs, lastStartUs }
}

function addRecord(recordsByPoint: Map<string, PointRecords>, traceId: string, facts: RecordFacts): PointRecords {
  let point = recordsByPoint.get(traceId)
  if (point === undefined) {
    point = { traceId, start: undefined, stop: undefined, others: [], marks: [] }
    recordsByPoint.set(traceId, point)
  }
  const other = point[facts.kind]
  if (other === undefined) {
    point[facts.kind] = facts
  } else {
    // The earliest start and the latest stop are chosen, so that the order of the records does not matter.
    const chosen = isWider(facts, other) ? facts : other
    point.others.push(chosen === facts ? other : facts)
    point[facts.kind] = chosen
  }
  return point
}

/**
 * Returns whether a record is earlier than another one. If both have the same time, the smaller timestamp string counts
 * as earlier, so that the order of the records does not matter.
 */
function isEarlier(facts: RecordFacts, first: RecordFacts): boolean {
  const [us, firstUs] = [facts.atUs ?? Infinity, first.atUs ?? Infinity]
  if (us !== firstUs) return us < firstUs
  return String(readText(facts.record, 'timestamp')) < String(readText(first.record, 'timestamp'))
}

function isWider(newcomer: RecordFacts, rival: RecordFacts): boolean {
  if (newcomer.atUs === undefined) return false
  if (rival.atUs === undefined) return true
  return newcomer.kind === 'start' ? newcomer.atUs < rival.atUs : newcomer.atUs > rival.atUs
}

function createPoint(point: PointRecords, zeroUs: number, baseId: string | undefined): LinkedPoint {
  const { start, stop } = point
  const main = start ?? stop
  const startedUs = start?.atUs === undefined ? undefined : start.atUs - zeroUs
  const finishedUs = stop?.atUs === undefined ? undefined : stop.atUs - zeroUs
  const hasBothTimes = startedUs !== undefined && finishedUs !== undefined
  const etype = readField(stop?.record, 'info', 'etype')
  const raised = etype !== undefined && etype !== null
  const name = pointName(main?.name ?? 'unknown')

  const marks = new Set(point.marks)
  if (point.others.length > 0) markOtherRecords(point, marks)
  for (const facts of [start, stop, ...point.others]) {
    if (facts === undefined) continue
    if (facts.malformed) marks.add('malformed')
    if (facts.atUs === undefined) marks.add('bad-time')
    if (facts.baseId !== undefined && facts.baseId !== baseId) marks.add('other-trace')
    if (pointName(facts.name) !== name || facts.parentId !== main?.parentId) marks.add('mixed')
  }
  if (start === undefined) marks.add('no-start')
  if (stop === undefined) marks.add('unfinished')
  if (hasBothTimes && finishedUs < startedUs) marks.add('stop-before-start')

  return {
    name,
    traceId: point.traceId,
    parentId: main?.parentId,
    project: readText(main?.record, 'project'),
    service: readText(main?.record, 'service'),
    host: readText(main?.record, 'info', 'host'),
    startedUs,
    finishedUs,
    durationUs: hasBothTimes ? Math.max(0, finishedUs - startedUs) : undefined,
    start: start?.record,
    stop: stop?.record,
    otherRecords: point.others.length === 0 ? EMPTY : point.others.map(facts => facts.record),
    exception: raised ? formatExceptionType(etype) : undefined,
    failed: raised || (readStatus(stop?.record) ?? 0) >= 500,
    marks: marks.size === 0 ? EMPTY : [...marks],
    depth: 0,
    children: EMPTY,
  }
}

/** Formats an exception's type. A type that is a number is shown with its recorded digits. */
function formatExceptionType(etype: unknown): string {
  if (typeof etype === 'string') return etype
  return asNumber(etype) === undefined ? 'unknown' : formatDigits(etype)
}

function markOtherRecords({ start, stop, others }: PointRecords, marks: Set<Mark>): void {
  for (const chosen of [start, stop]) {
    if (chosen === undefined) continue
    const same = [chosen, ...others.filter(facts => facts.kind === chosen.kind)]
    const different = new Set(same.map(facts => `${facts.atUs} ${facts.name}`))
    if (different.size > 1) marks.add(`several-${chosen.kind}s`)
    if (different.size < same.length) marks.add('duplicate')
  }
}

function findMostFrequent(counts: ReadonlyMap<string, number>): string | undefined {
  let winner: string | undefined
  let most = 0
  for (const [value, count] of counts) {
    // If two values are equally frequent, the smaller one is chosen, so that the order of the records does not matter.
    if (count > most || (count === most && winner !== undefined && value < winner)) {
      winner = value
      most = count
    }
  }
  return winner
}
