import { Math } from '../../platform/platform.js'

/** Tells a store that takes nothing from a record that the store, or a proxy before it, never takes. */
export interface FailingRecordSearch {
  /** Whether the store took others since it began to fail: what fails then is written in smaller parts. */
  readonly isUnderWay: boolean
  /** Whether one record is to be written alone, to learn whether the store takes any. */
  readonly isProbeDue: boolean
  /** Which of so many records is to be written alone. */
  nextProbe(count: number): number
  /** To be called for each batch. */
  begin(): void
  failed(): void
  /** To be called where the store took a record. */
  taken(): void
  /** To be called where the store took a record that was written alone. */
  proved(): void
  /** To be called where a record failed alone while the store took others. */
  found(): void
}

/** A store that fails so often may fail for one record. Behind one that was found, the first failure is enough. */
const PATIENCE = 4

/** @param batchSize how many records a batch may have */
export function createFailingRecordSearch(batchSize: number): FailingRecordSearch {
  // Halves down to a single record, and a few of its neighbors. Further failures mean that the store has gone since.
  const mostInRow = Math.ceil(Math.log2(batchSize + 1)) + 3
  let patience = PATIENCE
  let failures = 0
  let probes = 0
  let isUnderWay = false
  return {
    get isUnderWay() {
      return isUnderWay
    },
    get isProbeDue() {
      return !isUnderWay && failures >= patience
    },
    nextProbe(count) {
      if (probes > 0) patience = PATIENCE
      return probes++ % count
    },
    begin() {
      failures = 0
      probes = 0
      isUnderWay = false
    },
    failed() {
      failures++
      if (!isUnderWay || failures <= mostInRow) return
      isUnderWay = false
      patience = PATIENCE
    },
    taken() {
      failures = 0
    },
    proved() {
      isUnderWay = true
    },
    found() {
      patience = 1
    },
  }
}
