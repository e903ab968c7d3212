import type { ReportDiff } from '@osprofiler/report'

/** The data of the page that compares two traces. Strings from records are escaped, and times are in microseconds. */
export interface TraceComparison extends ReportDiff {
  readonly before: ComparedTrace
  readonly after: ComparedTrace
  /** How many paths were left out. */
  readonly left: number
}

/** One of the two compared traces. `name` is the action of the first point. */
export interface ComparedTrace {
  readonly title: string
  readonly name: string
  readonly service: string
  readonly points: number
}
