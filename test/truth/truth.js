/**
 * Returns the time in epoch milliseconds, from the same clock that OSProfiler uses for its points. The program uses
 * this time to record when its real steps begin and end.
 */
export function now() {
  return performance.timeOrigin + performance.now()
}

/**
 * Creates the list of the steps that one request really takes. `traced` is true if the request is signed, because only
 * signed requests may have points.
 */
export function createTruth(traced) {
  return { traced, steps: [] }
}

/**
 * Begins a step below the step `parent`. `key` identifies the point of the step. A step that is not `recorded` has no
 * point, and the steps below it belong to the point around it. `outcome` contains the expected members of the stop
 * record, such as `status` or `failed`.
 */
export function beginStep(truth, parent, key, { recorded = true, outcome = {} } = {}) {
  const step = {
    key,
    parent: parent?.recorded === false ? parent.parent : parent,
    traced: truth.traced,
    recorded,
    outcome,
    startedAfter: now(),
    /** The time when the callee or a handler noticed the step. The step must have begun before this time. */
    startedBefore: Number.POSITIVE_INFINITY,
    /** The time at which the callee or a handler noticed that the step had not ended. */
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
