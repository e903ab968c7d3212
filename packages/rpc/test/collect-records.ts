import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { afterEach, beforeEach } from 'vitest'

/** What is recorded during each test. */
export function collectRecords(): readonly TraceRecord[] {
  const records: TraceRecord[] = []
  beforeEach(() => {
    records.length = 0
    setNotifier(record => void records.push(record))
  })
  afterEach(() => setNotifier(undefined))
  return records
}
