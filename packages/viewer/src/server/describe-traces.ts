import { setTimeout as delay } from 'node:timers/promises'
import type { Driver, TraceRecord, TraceSummary } from '@osprofiler/core'
import { buildReport, correctSkew, pointDetail } from '@osprofiler/report'
import { traceDuration } from './trace-duration.js'

/** What a store's list does not say of a trace. */
export interface TraceDescription {
  /** What its first point does, such as `GET /orders`. */
  readonly detail: string
  /** In microseconds; undefined where it has not ended, or is too large to be read for this. */
  readonly durationUs: number | undefined
}

/** What is known of the traces in the lists. */
export interface Descriptions {
  get(baseId: string): TraceDescription | undefined
  /** Finds out about these in the background. */
  want(traces: readonly TraceSummary[]): void
}

/** Of a larger trace only the beginning is read. */
const MOST_RECORDS = 2_000
/** More than the lists hold together. */
const MOST_KNOWN = 5_000
/** The store rests this many times as long as a trace took to read. */
const REST = 2

/** Reads traces one after another, each when its records have become more, until the signal says that it is over. */
export function createDescriptions(driver: Driver, ended: AbortSignal): Descriptions {
  const known = new Map<string, { readonly records: number; readonly description: TraceDescription | undefined }>()
  let wanted: readonly TraceSummary[] = []
  let isReading = false

  async function readWanted(): Promise<void> {
    for (let next = findNext(); next !== undefined && !ended.aborted; next = findNext()) {
      const begun = performance.now()
      // A trace that cannot be read is listed all the same; whoever opens it learns why.
      const description = await describe(driver, next.base_id).catch(() => undefined)
      known.set(next.base_id, { records: next.records, description })
      const pause = (performance.now() - begun) * REST
      await delay(pause, undefined, { signal: ended }).catch(() => undefined)
    }
  }

  function findNext(): TraceSummary | undefined {
    return wanted.find(trace => known.get(trace.base_id)?.records !== trace.records)
  }

  return {
    get: baseId => known.get(baseId)?.description,
    want(traces) {
      wanted = traces
      for (const oldest of known.keys()) {
        if (known.size <= MOST_KNOWN) break
        known.delete(oldest)
      }
      if (isReading) return
      isReading = true
      void readWanted().finally(() => {
        isReading = false
      })
    },
  }
}

async function describe(driver: Driver, baseId: string): Promise<TraceDescription | undefined> {
  const records: TraceRecord[] = []
  let isWhole = true
  for await (const batch of driver.readRecords?.(baseId) ?? []) {
    for (const record of batch) records.push(record)
    if (records.length <= MOST_RECORDS) continue
    isWhole = false
    break
  }
  const report = correctSkew(buildReport(records))
  const [top] = report.roots
  if (top === undefined) return undefined
  const hasEnded = isWhole && top.finishedUs !== undefined
  return { detail: pointDetail(top), durationUs: hasEnded ? traceDuration(report) : undefined }
}
