/** The distribution of a value over several runs. */
export interface Spread {
  readonly median: number
  /** Median absolute deviation: half of the values differ from the median by at most this much. */
  readonly mad: number
  readonly min: number
  readonly max: number
  readonly samples: number
}

/** The direction in which a time changed; `same` if the difference may be due to chance. */
export type Change = 'slower' | 'faster' | 'same'

/** The times of several runs before and after a change, in microseconds. */
export interface Comparison {
  readonly before: Spread
  readonly after: Spread
  /** The median time of the runs after the change, minus the median time of the runs before the change. */
  readonly deltaUs: number
  /**
   * `deltaUs` as a share of the median time before the change, such as 0.5 for an increase by half; `null` if that
   * median is 0.
   */
  readonly share: number | null
  /** A difference up to this size may be due to chance. */
  readonly noiseUs: number
  readonly change: Change
}

/** Converts a median absolute deviation of normally distributed values into a standard deviation. */
const MAD_TO_SIGMA = 1.4826
/** The ratio of a median's standard error to a mean's. */
const MEDIAN_TO_MEAN = 1.2533
const NOISE_SIGMAS = 3
/**
 * With fewer runs than this, the spread is unknown, and the share `UNKNOWN_SPREAD_NOISE_SHARE` of the time counts as
 * noise.
 */
const MIN_RUNS = 3
const UNKNOWN_SPREAD_NOISE_SHARE = 0.1
/** Smaller differences do not matter to a user, even if the runs hardly differ from one another. */
const MIN_NOISE_SHARE = 0.01
const MIN_NOISE_US = 20

/** Returns the spread of the values, with zeros if there are no values. */
export function computeSpread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const median = medianOf(sorted)
  const deviations = sorted.map(value => Math.abs(value - median)).sort((a, b) => a - b)
  return { median, mad: medianOf(deviations), min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0, samples: sorted.length }
}

/**
 * Compares the times of runs. A difference between the medians counts if it exceeds all of these limits: three standard
 * errors, 1% of the larger median, and 20 µs. The standard errors come from the median absolute deviations, and are
 * increased if there are few runs. With fewer than three runs on either side, the spread is unknown, and only a
 * difference of more than 10% counts.
 */
export function compareTimes(before: readonly number[], after: readonly number[]): Comparison {
  const a = computeSpread(before)
  const b = computeSpread(after)
  const larger = Math.max(a.median, b.median)
  const isKnown = a.samples >= MIN_RUNS && b.samples >= MIN_RUNS
  const spreadUs = isKnown
    ? NOISE_SIGMAS * Math.hypot(standardError(a), standardError(b))
    : UNKNOWN_SPREAD_NOISE_SHARE * larger
  const noiseUs = Math.max(spreadUs, MIN_NOISE_SHARE * larger, MIN_NOISE_US)
  const deltaUs = b.median - a.median
  const change = Math.abs(deltaUs) <= noiseUs ? 'same' : deltaUs > 0 ? 'slower' : 'faster'
  return { before: a, after: b, deltaUs, share: a.median === 0 ? null : deltaUs / a.median, noiseUs, change }
}

/**
 * Returns the standard error of a median. The deviation of a small sample is often too small by chance, so this
 * function increases it. The factor was found by experiment (see the tests).
 */
function standardError({ mad, samples }: Spread): number {
  return (MEDIAN_TO_MEAN * MAD_TO_SIGMA * mad * (1 + 18 / samples ** 2)) / Math.sqrt(samples)
}

function medianOf(sorted: readonly number[]): number {
  const half = sorted.length >> 1
  const upper = sorted[half] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2
}
