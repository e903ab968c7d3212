import { Math } from '../../platform/platform.js'

/** A store that fails so often may fail for one record. Behind one that was found, the first failure is enough. */
const PATIENCE = 4

/**
 * Tells a store that takes nothing from a record that the store, or a proxy before it, never takes.
 *
 * @param batchSize how many records a batch may have
 */
export function createFailingRecordSearch(batchSize: number) {
  // Halves down to a single record, and a few of its neighbors. Further failures mean that the store has gone since.
  const mostInRow = Math.ceil(Math.log2(batchSize + 1)) + 3
  let patience = PATIENCE
  let failures = 0
  let probes = 0
  let isUnderWay = false
  return {
    /** Whether the store took others since it began to fail: what fails then is written in smaller parts. */
    get isUnderWay(): boolean {
      return isUnderWay
    },
    /** Whether one record is to be written alone, to learn whether the store takes any. */
    get isProbeDue(): boolean {
      return !isUnderWay && failures >= patience
    },
    /** Which of so many records is to be written alone. */
    nextProbe(count: number): number {
      if (probes > 0) patience = PATIENCE
      return probes++ % count
    },
    /** To be called for each batch. */
    begin(): void {
      failures = 0
      probes = 0
      isUnderWay = false
    },
    failed(): void {
      failures++
      if (!isUnderWay || failures <= mostInRow) return
      isUnderWay = false
      patience = PATIENCE
    },
    /** To be called where the store took a record. */
    taken(): void {
      failures = 0
    },
    /** To be called where the store took a record that was written alone. */
    proved(): void {
      isUnderWay = true
    },
    /** To be called where a record failed alone while the store took others. */
    found(): void {
      patience = 1
    },
  }
}
