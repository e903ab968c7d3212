/** Where the values of several runs lie. */
export interface Spread {
  readonly median: number
  /** The median absolute deviation: half of the values are no further than this from the median. */
  readonly mad: number
  readonly min: number
  readonly max: number
  readonly samples: number
}

/** Which way a time went, if it went further than chance would take it. */
export type Change = 'slower' | 'faster' | 'same'

/** The times of several runs before and after, in microseconds. */
export interface Comparison {
  readonly before: Spread
  readonly after: Spread
  /** After less before, of the medians. */
  readonly deltaUs: number
  /** The difference as a share of before: 0.5 for half as much again; `null` where there was nothing before. */
  readonly share: number | null
  /** A difference up to this may be chance. */
  readonly noiseUs: number
  readonly change: Change
}

/** Makes a deviation of normally distributed values of their median absolute deviation. */
const MAD_TO_SIGMA = 1.4826
/** How much further from the truth a median is than a mean. */
const MEDIAN_TO_MEAN = 1.2533
const SIGMAS = 3
/** With fewer runs nothing is known of their spread, and this share of the time stands for the noise. */
const MIN_RUNS = 3
const UNKNOWN_NOISE = 0.1
/** However alike the runs are, less than this is nothing that a user could feel. */
const MIN_SHARE = 0.01
const MIN_US = 20

/** The spread of values, of which there has to be at least one; all zeros for none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const median = middle(sorted)
  const deviations = sorted.map(value => Math.abs(value - median)).sort((a, b) => a - b)
  return { median, mad: middle(deviations), min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0, samples: sorted.length }
}

/**
 * Compares the times of runs. A difference of the medians counts where it is beyond three standard errors, as the median
 * absolute deviations give them (wider for few runs), beyond 1 %, and beyond 20 µs. Fewer than three runs on a side tell
 * nothing of their spread: there it has to be beyond 10 %.
 */
export function compareTimes(before: readonly number[], after: readonly number[]): Comparison {
  const a = spreadOf(before)
  const b = spreadOf(after)
  const larger = Math.max(a.median, b.median)
  const isKnown = a.samples >= MIN_RUNS && b.samples >= MIN_RUNS
  const spreadUs = isKnown ? SIGMAS * Math.hypot(standardError(a), standardError(b)) : UNKNOWN_NOISE * larger
  const noiseUs = Math.max(spreadUs, MIN_SHARE * larger, MIN_US)
  const deltaUs = b.median - a.median
  const change = Math.abs(deltaUs) <= noiseUs ? 'same' : deltaUs > 0 ? 'slower' : 'faster'
  return { before: a, after: b, deltaUs, share: a.median === 0 ? null : deltaUs / a.median, noiseUs, change }
}

/** Of few values the deviation is often found too small by chance; the correction was found by trying (see the tests). */
function standardError({ mad, samples }: Spread): number {
  return (MEDIAN_TO_MEAN * MAD_TO_SIGMA * mad * (1 + 18 / samples ** 2)) / Math.sqrt(samples)
}

function middle(sorted: readonly number[]): number {
  const half = sorted.length >> 1
  const upper = sorted[half] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2
}
