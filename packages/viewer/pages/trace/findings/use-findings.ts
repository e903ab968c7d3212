import { correctSkew, type Finding, summarize } from '@osprofiler/report'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Trace } from '../model/load-trace.js'
import { summarizeInWorker } from './summarize-in-worker.js'

/** The page has room for whole statements. Labels never read more of a statement than this. */
const MAX_QUOTE_CHARS = 20_000

/** Larger traces are summarized in a worker. */
const MAX_SYNCHRONOUS_POINTS = 5000

interface WorkerFindings {
  readonly asRecorded: boolean
  readonly findings: readonly Finding[]
}

/**
 * Returns the findings of a trace whose times are shown corrected or as recorded; `undefined` until they are found.
 * While a large trace grows, the findings of its earlier records stay, because an empty list would move the page.
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
    // The trace has to be on the screen first, because the worker needs the same processor.
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
