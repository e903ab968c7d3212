import type { TraceRecord } from '@osprofiler/core'
import { isStopName, pointName } from '@osprofiler/core/record'
import { Set } from '@osprofiler/core/toolkit'

/** A record and its time, in microseconds since 1970. */
export interface TimedRecord {
  readonly record: TraceRecord
  readonly at: number
}

/** The records of one point that have arrived so far. */
export interface GatheredPoint {
  start: TimedRecord | undefined
  stop: TimedRecord | undefined
  /**
   * Additional start and stop records of this point, without their `info`. They are duplicates or contradict `start` or
   * `stop`.
   */
  others: readonly TimedRecord[]
}

/** Maximum number of `others` for each point. More records would add no information. */
const MAX_OTHER_RECORDS = 10

/** Returns whether a record is the stop record of its point. Reports use the same rule. */
export function isStop({ name }: TraceRecord): boolean {
  return isStopName(name)
}

/** Returns whether a point has a start record but no stop record yet. */
export function isOpen({ start, stop }: GatheredPoint): boolean {
  return start !== undefined && stop === undefined
}

/** Adds a record to a point. As in a report, the earliest start record and the latest stop record are used. */
export function addRecord(point: GatheredPoint, added: TimedRecord): void {
  const kind = isStop(added.record) ? 'stop' : 'start'
  const rival = point[kind]
  if (rival === undefined) {
    point[kind] = added
    return
  }
  const wins = kind === 'start' ? added.at < rival.at : added.at > rival.at
  if (wins) point[kind] = added
  if (point.others.length >= MAX_OTHER_RECORDS) return
  const { record, at } = wins ? rival : added
  point.others = [...point.others, { record: { ...record, info: {} }, at }]
}

/**
 * Returns a mark for each inconsistency of a point's records. A mark has the same name as in a report, such as
 * `no-start`.
 */
export function findMarks({ start, stop, others }: GatheredPoint): Set<string> {
  const marks = new Set<string>()
  if (others.length > 0) markRivals({ start, stop, others }, marks)
  const main = (start ?? stop)?.record
  for (const timed of [start, stop, ...others]) {
    if (timed === undefined || main === undefined) continue
    const { record } = timed
    if ([record.name, record.trace_id, record.parent_id, record.base_id].includes('')) marks.add('malformed')
    if (record.parent_id !== main.parent_id || toPointName(record) !== toPointName(main)) marks.add('mixed')
  }
  if (start === undefined) marks.add('no-start')
  if (start !== undefined && stop !== undefined && stop.at < start.at) marks.add('stop-before-start')
  if (main !== undefined && main.parent_id === main.trace_id) marks.add('self-parent')
  return marks
}

/** Returns the name of a record's point, as in a report. */
export function toPointName({ name }: TraceRecord): string {
  return pointName(name) || 'unknown'
}

function markRivals({ start, stop, others }: GatheredPoint, marks: Set<string>): void {
  for (const [chosen, mark] of [
    [start, 'several-starts'],
    [stop, 'several-stops'],
  ] as const) {
    if (chosen === undefined) continue
    const same = [chosen, ...others.filter(({ record }) => isStop(record) === isStop(chosen.record))]
    const different = new Set(same.map(({ record, at }) => `${at} ${record.name}`))
    if (different.size > 1) marks.add(mark)
    if (different.size < same.length) marks.add('duplicate')
  }
}
