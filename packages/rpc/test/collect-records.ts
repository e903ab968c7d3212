import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { afterEach, beforeEach } from 'vitest'

/** Collects the records of each test. The list is emptied before each test. */
export function collectRecords(): readonly TraceRecord[] {
  const records: TraceRecord[] = []
  beforeEach(() => {
    records.length = 0
    setNotifier(record => void records.push(record))
  })
  afterEach(() => setNotifier(undefined))
  return records
}
