import { Math } from '../../platform/platform.js'

/** After this many failures, one record may be the cause. After a record was found, the first failure is enough. */
const FAILURES_BEFORE_PROBE = 4

/** Distinguishes a store that takes nothing from a record that the store, or a proxy before it, never takes. */
export function createFailingRecordSearch(batchSize: number) {
  // Enough for halves down to a single record, and a few of its neighbors. More failures mean that the store has gone.
  const maxFailuresInRow = Math.ceil(Math.log2(batchSize + 1)) + 3
  let failuresBeforeProbe = FAILURES_BEFORE_PROBE
  let failures = 0
  let probes = 0
  let isUnderWay = false
  return {
    /** Whether the store took others since it began to fail. Failing records are then written in smaller parts. */
    get isUnderWay(): boolean {
      return isUnderWay
    },
    /** Whether one record must be written alone, to learn whether the store takes any. */
    get isProbeDue(): boolean {
      return !isUnderWay && failures >= failuresBeforeProbe
    },
    /** Returns which of `count` records must be written alone. */
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
    /** Must be called when a record failed alone while the store took others. */
    noteFoundRecord(): void {
      failuresBeforeProbe = 1
    },
  }
}
