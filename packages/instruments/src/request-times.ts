import { performance } from 'node:perf_hooks'
import type { Point } from '@osprofiler/core'

/** Tells the point of an outgoing request what came of it and when. */
export interface RequestTimes {
  /** The head of the answer is there: `status_code`, `first_byte_ms`. */
  answered(status: number | undefined): void
  /** The end of the answer was read: `last_byte_ms`. Ends the point. */
  ended(): void
}

/** Measures from now on, in milliseconds with three decimals; both times stand beside the status, in `info.requests`. */
export function timeRequest(point: Point): RequestTimes {
  const startedAt = performance.now()
  let known: Readonly<Record<string, unknown>> = {}
  const sinceStart = (): number => Math.round((performance.now() - startedAt) * 1000) / 1000
  return {
    answered(status) {
      known = { status_code: status, first_byte_ms: sinceStart() }
      point.tell({ requests: known })
    },
    ended() {
      point.stop({ requests: { ...known, last_byte_ms: sinceStart() } })
    },
  }
}
