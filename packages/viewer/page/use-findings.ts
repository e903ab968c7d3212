import { type Finding, type Report, summarize } from '@osprofiler/report'
import { useEffect, useMemo, useState } from 'preact/hooks'

/** Findings of more points than these are looked for once the trace is on the screen. */
const MOST_AT_ONCE = 5000

/** What stands out in a trace; `undefined` while it is still looked for. */
export function useFindings(report: Report): readonly Finding[] | undefined {
  const isLarge = report.points.length > MOST_AT_ONCE
  const atOnce = useMemo(() => (isLarge ? undefined : summarize(report)), [report, isLarge])
  const [later, setLater] = useState<readonly Finding[]>()
  useEffect(() => {
    if (!isLarge) return undefined
    const timer = setTimeout(() => setLater(summarize(report)), 200)
    return () => clearTimeout(timer)
  }, [report, isLarge])
  return atOnce ?? later
}
