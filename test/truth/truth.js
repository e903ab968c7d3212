/**
 * Returns the time in epoch milliseconds, from the same clock that the product uses for its points. The program uses it
 * to record when its real steps begin and end. A key identifies each step's point.
 */
export function now() {
  return performance.timeOrigin + performance.now()
}

/**
 * Collects the steps of one request. `traced` says whether the request is signed, because only signed requests may have
 * points.
 */
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
    /** The time when another party received the step. The step must have begun before. */
    startedBefore: Number.POSITIVE_INFINITY,
    /** The time until which another party knows that the step continued. */
    endedAfter: 0,
    endedBefore: Number.POSITIVE_INFINITY,
  }
  truth.steps.push(step)
  return step
}

/** Sets the end of a step, as observed by the code that waits for the step. */
export function endStep(step) {
  step.endedBefore = now()
}
