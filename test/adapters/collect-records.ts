import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { afterEach, beforeEach } from 'vitest'

/** Returns the records that this process has written since the current test began. */
export function collectRecords(): readonly TraceRecord[] {
  const records: TraceRecord[] = []
  beforeEach(() => {
    records.length = 0
    setNotifier(record => records.push(record))
  })
  afterEach(() => setNotifier(undefined))
  return records
}
