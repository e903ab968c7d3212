import type { Driver, TraceQuery, TraceRecord, TraceSummary } from '@osprofiler/core'
import { Map } from '@osprofiler/core/toolkit'
import { isSelected, readBefore, readQuery } from '../listing/trace-query.js'
import { createTally, sortNewestFirst, type TraceTally } from '../listing/trace-tally.js'
import type { Waiting } from './scan.js'

/** What reads a store, of a driver's members. */
export type QueueReader = Required<
  Pick<Driver, 'readRecords' | 'listTraces' | 'listErrorTraces' | 'deleteTrace' | 'pruneTraces'>
>

/** Looks through all that waits, as `scanQueue` does. */
export type Scan = (see: (waiting: Waiting) => void, finish?: () => void) => Promise<void>

const BATCH = 500

/** Reads traces by looking through all that waits in the queue. What is removed is taken from it; all else stays. */
export function createQueueReader(scan: Scan): QueueReader {
  async function list(
    query: TraceQuery | undefined,
    isWanted: (tally: TraceTally) => boolean,
  ): Promise<TraceSummary[]> {
    const selection = readQuery(query)
    const tallies = new Map<string, TraceTally>()
    await scan(({ record }) => getOrMake(tallies, record.base_id, createTally).add(record))
    const found = [...tallies.values()]
      .filter(isWanted)
      .flatMap(({ summary }) => summary ?? [])
      .filter(summary => isSelected(summary, selection))
    return sortNewestFirst(found).slice(0, selection.limit)
  }

  return {
    async *readRecords(baseId) {
      const found: TraceRecord[] = []
      await scan(({ record }) => {
        if (record.base_id === baseId) found.push(record)
      })
      for (let from = 0; from < found.length; from += BATCH) yield found.slice(from, from + BATCH)
    },
    listTraces: async query => list(query, () => true),
    listErrorTraces: async query => list(query, tally => tally.failed),
    async deleteTrace(baseId) {
      let removed = 0
      await scan(({ record, take }) => {
        if (record.base_id !== baseId) return
        take()
        removed++
      })
      return removed
    },
    async pruneTraces(before) {
      const limit = readBefore(before)
      const traces = new Map<string, { readonly tally: TraceTally; readonly takes: (() => void)[] }>()
      let removed = 0
      await scan(
        ({ record, take }) => {
          const trace = getOrMake(traces, record.base_id, () => ({ tally: createTally(), takes: [] }))
          trace.takes.push(take)
          trace.tally.add(record)
        },
        () => {
          for (const { tally, takes } of traces.values()) {
            if (tally.newest >= limit) continue
            for (const take of takes) take()
            removed++
          }
        },
      )
      return removed
    },
  }
}

/** The value of a key, made where it has none yet. */
function getOrMake<Value>(values: Map<string, Value>, key: string, create: () => Value): Value {
  const value = values.get(key) ?? create()
  values.set(key, value)
  return value
}
