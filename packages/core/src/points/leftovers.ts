import { createAgingSet } from './aging-set.js'

/** Function that looks at work which a trace has left open, such as a response that was not read. */
export type LeftoverCheck = () => void

// A program that uses a response after its trace has ended does so within this time.
const GRACE_PERIOD_MS = 50

const pendingChecks = createAgingSet<LeftoverCheck>(GRACE_PERIOD_MS, check => {
  pendingChecks.delete(check)
  check()
})

/** Calls `check`, which must not throw, after a short while, or before the records are next delivered. */
export function checkSoon(check: LeftoverCheck): void {
  pendingChecks.add(check)
}

/** Cancels `checkSoon`. */
export function cancelCheck(check: LeftoverCheck): void {
  pendingChecks.delete(check)
}

/** Runs all pending checks now, so that a delivery includes what they record. */
export function runPendingChecks(): void {
  pendingChecks.visitAll()
}
