import type { ReportDiff } from '@osprofiler/report'

/** What the page of two traces shows. Texts of records have nothing left to obey; times are in microseconds. */
export interface TraceComparison extends ReportDiff {
  readonly before: ComparedTrace
  readonly after: ComparedTrace
  /** How many paths were left out. */
  readonly left: number
}

/** A trace of the two. */
export interface ComparedTrace {
  readonly title: string
  readonly name: string
  readonly service: string
  readonly points: number
}
