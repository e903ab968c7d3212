import { correctSkew, type Finding, summarize } from '@osprofiler/report'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Trace } from '../model/load-trace.js'
import { summarizeInWorker } from './summarize-in-worker.js'

/** Maximum number of characters of a statement that a finding quotes. The page has room for whole statements. */
const MAX_QUOTE_CHARS = 20_000

/** Larger traces are summarized in a worker. */
const MAX_SYNCHRONOUS_POINTS = 5000

interface WorkerFindings {
  readonly asRecorded: boolean
  readonly findings: readonly Finding[]
}

/**
 * Returns the findings of a trace, for corrected or recorded times, or `undefined` until they are computed. While a
 * large trace grows, the findings for its earlier records are kept, because an empty list would shift the page's
 * content.
 */
export function useFindings(trace: Trace, asRecorded: boolean): readonly Finding[] | undefined {
  const isLarge = trace.report.points.length > MAX_SYNCHRONOUS_POINTS
  const find = (): Finding[] =>
    summarize(asRecorded ? trace.report : correctSkew(trace.report), { longestQuote: MAX_QUOTE_CHARS })
  const synchronous = useMemo(() => (isLarge ? undefined : find()), [trace, isLarge, asRecorded])
  const [fromWorker, setFromWorker] = useState<WorkerFindings>()
  useEffect(() => {
    if (!isLarge) return undefined
    const running = new AbortController()
    // The trace is drawn first, because the worker may need the same processor.
    const timer = setTimeout(async () => {
      const findings = await summarizeInWorker(
        { json: trace.json, asRecorded, longestQuote: MAX_QUOTE_CHARS },
        running.signal,
      ).catch(find)
      if (!running.signal.aborted) setFromWorker({ asRecorded, findings })
    }, 200)
    return () => {
      clearTimeout(timer)
      running.abort()
    }
  }, [trace, isLarge, asRecorded])
  return synchronous ?? (fromWorker?.asRecorded === asRecorded ? fromWorker.findings : undefined)
}
