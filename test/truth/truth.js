/**
 * What really happened, told by the program itself: steps, each with the key by which its point is known. Times are epoch
 * milliseconds of the clock from which the product takes those of its points.
 */
export function now() {
  return performance.timeOrigin + performance.now()
}

/** Collects the steps of one request. `traced` says whether the request is signed, and so whether it may have points. */
export function createTruth(traced) {
  return { traced, steps: [] }
}

/**
 * Begins a step below another one. One that is not `recorded` has no point, and the steps below it belong to the point
 * around it. `outcome` says what its stop must tell: `status`, `failed`, or nothing.
 */
export function beginStep(truth, parent, key, { recorded = true, outcome = {} } = {}) {
  const step = {
    key,
    parent: parent?.recorded === false ? parent.parent : parent,
    traced: truth.traced,
    recorded,
    outcome,
    startedAfter: now(),
    /** When another party had got it, which promises that it had begun. */
    startedBefore: Number.POSITIVE_INFINITY,
    /** Until when another party promises that it went on. */
    endedAfter: 0,
    endedBefore: Number.POSITIVE_INFINITY,
  }
  truth.steps.push(step)
  return step
}

/** Says that a step is over, as who waits for it sees that. */
export function endStep(step) {
  step.endedBefore = now()
}
