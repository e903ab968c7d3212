import type { Ran, Samples } from './samples.js'
import { findFirst } from './sorted.js'

/**
 * The sampler waits until calls into the kernel return. If two samples are more than this many intervals apart, such a
 * call has delayed the second sample.
 */
const LATE_INTERVALS = 2.5

/** The period for which a sample stands. */
export interface SampledPeriod {
  readonly from: number
  readonly to: number
  readonly ran: Ran
}

/** Divides periods of time by the samples of a CPU profile. Times are in milliseconds of `performance.now()`. */
export interface SampledPeriods {
  /** Whether there are no samples at all, so that it is unknown which code ran. */
  readonly areMissing: boolean
  /** Divides a period among the samples that were taken in it. Leaves out samples for which `isShown` returns `false`. */
  divide(from: number, to: number, isShown?: (ran: Ran) => boolean): SampledPeriod[]
  /** Returns the time of the last sample in a period that shows an idle event loop. */
  findLastIdle(from: number, to: number): number | undefined
}

/**
 * Creates the divider of periods.
 *
 * @param sampleMs the interval between two samples
 */
export function createSampledPeriods({ times, ran }: Samples, sampleMs: number): SampledPeriods {
  /**
   * Each sample stands for a period. Returns the time at which the period of one sample ends and the period of the next
   * sample begins, usually halfway between the samples. A call into the kernel may have delayed the next sample. That
   * sample shows the call, so its period includes the whole delay.
   */
  function findEdge(at: number, next: number): number {
    return next - at > LATE_INTERVALS * sampleMs ? at + sampleMs / 2 : (at + next) / 2
  }

  return {
    areMissing: times.length === 0,
    divide(from, to, isShown = () => true) {
      const shown: { readonly at: number; readonly ran: Ran }[] = []
      for (let index = findFirst(times, from); (times[index] ?? to) < to; index++) {
        const sample = ran[index]
        if (sample !== undefined && isShown(sample)) shown.push({ at: times[index] ?? to, ran: sample })
      }
      let left = from
      return shown.map((sample, index) => {
        const next = shown[index + 1]
        const period = { from: left, to: next === undefined ? to : findEdge(sample.at, next.at), ran: sample.ran }
        left = period.to
        return period
      })
    },
    findLastIdle(from, to) {
      for (let index = findFirst(times, to) - 1; (times[index] ?? from) > from; index--) {
        if (ran[index]?.kind === 'idle') return times[index]
      }
      return undefined
    },
  }
}
