import { Math } from '../../platform/platform.js'

/**
 * After this many failures, one record is written by itself, because a single record may be the cause. Once such a
 * record was found, one failure is enough.
 */
const FAILURES_BEFORE_PROBE = 4

/**
 * Distinguishes two causes of failed writes. Either the store takes no records at all, or the store or a proxy in front
 * of it never takes one particular record.
 */
export function createFailingRecordSearch(batchSize: number) {
  // This many failures are enough to halve a batch until the failing record is alone, even if a few neighbors fail as
  // well. More failures mean that the store is down.
  const maxFailuresInRow = Math.ceil(Math.log2(batchSize + 1)) + 3
  let failuresBeforeProbe = FAILURES_BEFORE_PROBE
  let failures = 0
  let probes = 0
  let isUnderWay = false
  return {
    /**
     * Whether a search is under way. A search begins if writes of a batch fail, although the store takes another record
     * that is written alone. During the search, failing records are written in smaller parts.
     */
    get isUnderWay(): boolean {
      return isUnderWay
    },
    /** Whether one record must be written alone, to find out whether the store takes any records. */
    get isProbeDue(): boolean {
      return !isUnderWay && failures >= failuresBeforeProbe
    },
    /** Returns the index of the next record, among `count` records, that must be written by itself. */
    nextProbe(count: number): number {
      if (probes > 0) failuresBeforeProbe = FAILURES_BEFORE_PROBE
      return probes++ % count
    },
    begin(): void {
      failures = 0
      probes = 0
      isUnderWay = false
    },
    noteFailure(): void {
      failures++
      if (!isUnderWay || failures <= maxFailuresInRow) return
      isUnderWay = false
      failuresBeforeProbe = FAILURES_BEFORE_PROBE
    },
    noteTaken(): void {
      failures = 0
    },
    /** Must be called when the store took a record that was written alone. */
    noteOtherTaken(): void {
      isUnderWay = true
    },
    /** Must be called when a record failed by itself while the store took other records. */
    noteFoundRecord(): void {
      failuresBeforeProbe = 1
    },
  }
}
