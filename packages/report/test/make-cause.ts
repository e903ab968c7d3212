import { buildReport, type Report } from '@osprofiler/report'
import type { Cause, CauseKind } from '../src/tree/account.js'
import { account } from './make-account.js'
import { makeTrace, type Point } from './make-trace.js'

/** Returns a cause of 1 ms that names nothing, apart from what `more` names. */
export function makeCause(kind: CauseKind, more: Partial<Cause> = {}): Cause {
  return {
    kind,
    us: 1000,
    times: 1,
    what: undefined,
    via: undefined,
    place: undefined,
    hotLine: undefined,
    hotShare: 0,
    by: undefined,
    byPlace: undefined,
    ...more,
  }
}

/** Returns the report of a request, its account (`info.why`), and other points. */
export function explain(request: Point, info: unknown, ...points: readonly Point[]): Report {
  return buildReport([...makeTrace(request, ...points), ...account(request, info)])
}
