import { correctSkew, type Finding, summarize } from '@osprofiler/report'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Trace } from '../model/load-trace.js'
import { summarizeInWorker } from './summarize-in-worker.js'

/** The page has room for whole statements; what no label looks at is more than this. */
const WHOLE = 20_000

/** Findings of more points than these are looked for beside the page. */
const MAX_AT_ONCE = 5000

/** What stands out in a trace whose times are shown corrected, or as recorded; `undefined` while it is still looked for. */
export function useFindings(trace: Trace, asRecorded: boolean): readonly Finding[] | undefined {
  const isLarge = trace.report.points.length > MAX_AT_ONCE
  const find = (): Finding[] =>
    summarize(asRecorded ? trace.report : correctSkew(trace.report), { longestQuote: WHOLE })
  const atOnce = useMemo(() => (isLarge ? undefined : find()), [trace, isLarge, asRecorded])
  const [later, setLater] = useState<readonly Finding[]>()
  useEffect(() => {
    if (!isLarge) return undefined
    const running = new AbortController()
    // Only once the trace is on the screen: the worker needs the same processor, and the page comes first.
    const timer = setTimeout(async () => {
      const found = await summarizeInWorker(
        { json: trace.json, asRecorded, longestQuote: WHOLE },
        running.signal,
      ).catch(find)
      if (!running.signal.aborted) setLater(found)
    }, 200)
    return () => {
      clearTimeout(timer)
      running.abort()
    }
  }, [trace, isLarge, asRecorded])
  return atOnce ?? later
}
