import { OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { Map } from '@osprofiler/core/toolkit'
import { addToTally, createTally, selectTraces, type TraceTally } from '../listing/trace-tally.js'
import type { StoreDriver } from '../opening/store-driver.js'
import type { WaitingNotification } from './scan.js'

/**
 * Scans the whole queue, like `scanQueue`. Notifications can be removed from the queue until `onFinish` returns.
 * `missing` is the number of notifications that were counted before the scan but did not arrive.
 */
export type Scan = (
  onNotification: (waiting: WaitingNotification) => void,
  onFinish?: (missing: number) => void,
) => Promise<void>

/** Reads traces by scanning the whole queue. Only the records of removed traces are taken out of the queue. */
export function createQueueReader(scan: Scan): Pick<StoreDriver, 'read' | 'list' | 'remove' | 'prune'> {
  return {
    async *read(baseId) {
      const found: TraceRecord[] = []
      await scan(({ record }) => {
        if (record.base_id === baseId) found.push(record)
      })
      yield found
    },
    async list(selection, failedOnly) {
      const tallies = new Map<string, TraceTally>()
      await scan(({ record }) => addToTally(tallies, record))
      return selectTraces(tallies.values(), selection, failedOnly)
    },
    async remove(baseId) {
      let removed = 0
      await scan(({ record, take }) => {
        if (record.base_id !== baseId) return
        take()
        removed++
      })
      return removed
    },
    async prune(before) {
      const traces = new Map<string, { readonly tally: TraceTally; readonly takes: (() => void)[] }>()
      let removed = 0
      await scan(
        ({ record, take }) => {
          const trace = traces.get(record.base_id) ?? { tally: createTally(), takes: [] }
          traces.set(record.base_id, trace)
          trace.takes.push(take)
          trace.tally.add(record)
        },
        missing => {
          if (missing > 0) throw createUnknownAgeError(missing)
          for (const { tally, takes } of traces.values()) {
            if (tally.newest >= before) continue
            for (const take of takes) take()
            removed++
          }
        },
      )
      return removed
    },
  }
}

/**
 * Creates the error for a pruning during which some notifications did not arrive. The missing notifications may contain
 * the newest record of a trace whose other records are old.
 */
function createUnknownAgeError(missing: number): OsprofilerError {
  return new OsprofilerError(
    'ERR_STORE',
    `${missing} notifications expired or went to another consumer during the scan, so the age of their traces is unknown. Nothing was removed. Try again.`,
  )
}
