/**
 * Returns the time in epoch milliseconds, of the same clock that the product uses for its points. The program records
 * its real steps with this time. A key identifies the point of each step.
 */
export function now() {
  return performance.timeOrigin + performance.now()
}

/** Collects the steps of one request. `traced` says whether the request is signed, and so whether it may have points. */
export function createTruth(traced) {
  return { traced, steps: [] }
}

/**
 * Begins a step below another one. A step that is not `recorded` has no point, and the steps below it belong to the
 * point around it. `outcome` says what the stop must record: `status`, `failed`, or nothing.
 */
export function beginStep(truth, parent, key, { recorded = true, outcome = {} } = {}) {
  const step = {
    key,
    parent: parent?.recorded === false ? parent.parent : parent,
    traced: truth.traced,
    recorded,
    outcome,
    startedAfter: now(),
    /** The time when another party received the step, which proves that the step had begun. */
    startedBefore: Number.POSITIVE_INFINITY,
    /** The time until which another party proves that the step continued. */
    endedAfter: 0,
    endedBefore: Number.POSITIVE_INFINITY,
  }
  truth.steps.push(step)
  return step
}

/** Notes the end of a step, as the code that waits for the step observes it. */
export function endStep(step) {
  step.endedBefore = now()
}
