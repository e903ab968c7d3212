import { createAgingSet } from './aging-set.js'

/** A function that checks work that a trace has left open, such as a response that was not read. */
export type LeftoverCheck = () => void

// If an application uses a response after the end of the trace, it starts to use the response within this time.
const GRACE_PERIOD_MS = 50

const pendingChecks = createAgingSet<LeftoverCheck>(GRACE_PERIOD_MS, check => {
  pendingChecks.delete(check)
  check()
})

/** Calls `check`, which must not throw, after `GRACE_PERIOD_MS`, or earlier if records are delivered before that. */
export function checkSoon(check: LeftoverCheck): void {
  pendingChecks.add(check)
}

/** Cancels a check that `checkSoon` has scheduled. */
export function cancelCheck(check: LeftoverCheck): void {
  pendingChecks.delete(check)
}

/** Runs all pending checks now, so that a delivery includes the records that they create. */
export function runPendingChecks(): void {
  pendingChecks.visitAll()
}
