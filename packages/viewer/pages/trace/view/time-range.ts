import type { TraceModel } from '../model/trace-model.js'

/** A part of the trace's time, in microseconds since the trace's first record. */
export interface Range {
  readonly fromUs: number
  readonly toUs: number
}

const MIN_RANGE_US = 5

/** Widens (if the factor exceeds 1) or narrows a range around a time. The result is within the trace. */
export function zoomRange(range: Range, factor: number, aroundUs: number, durationUs: number): Range {
  const width = Math.max(MIN_RANGE_US, (range.toUs - range.fromUs) * factor)
  const share = (aroundUs - range.fromUs) / (range.toUs - range.fromUs)
  const fromUs = aroundUs - share * width
  return fitRange({ fromUs, toUs: fromUs + width }, durationUs)
}

/** Moves a range by a share of its width, to the left if the share is negative. */
export function panRange({ fromUs, toUs }: Range, share: number, durationUs: number): Range {
  const step = (toUs - fromUs) * share
  return fitRange({ fromUs: fromUs + step, toUs: toUs + step }, durationUs)
}

/** Moves and narrows a range so that it is within the trace. A range has at least 5 µs, unless the trace is shorter. */
export function fitRange({ fromUs, toUs }: Range, durationUs: number): Range {
  const width = Math.min(Math.max(toUs - fromUs, Math.min(MIN_RANGE_US, durationUs)), durationUs)
  const start = Math.min(Math.max(0, fromUs), durationUs - width)
  return { fromUs: start, toUs: start + width }
}

/**
 * Returns the range from the first start to the last end of these points, with a margin, or `undefined` if no time is
 * known.
 */
export function rangeOfPoints(
  { startsUs, endsUs, durationUs }: Pick<TraceModel, 'startsUs' | 'endsUs' | 'durationUs'>,
  points: readonly number[],
): Range | undefined {
  let fromUs = Number.POSITIVE_INFINITY
  let toUs = Number.NEGATIVE_INFINITY
  for (const point of points) {
    const [startUs, endUs] = [startsUs[point] ?? Number.NaN, endsUs[point] ?? Number.NaN]
    // A comparison with NaN is false, so a point without a time changes nothing.
    if (startUs < fromUs) fromUs = startUs
    if (endUs > toUs) toUs = endUs
  }
  if (fromUs === Number.POSITIVE_INFINITY) return undefined
  const margin = Math.max((toUs - fromUs) * 0.02, 1)
  return { fromUs: Math.max(0, fromUs - margin), toUs: Math.min(durationUs, toUs + margin) }
}

/** Returns about `count` round times in a range. */
export function computeTicks({ fromUs, toUs }: Range, count: number): number[] {
  const rough = Math.max((toUs - fromUs) / count, 1)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough) ?? rough
  const found: number[] = []
  for (let us = Math.ceil(fromUs / step) * step; us <= toUs && found.length < 50; us += step) found.push(us)
  return found
}

/** Returns the ticks that have room for a label on their right. `room` is a share of the range's width. */
export function computeLabelTicks(range: Range, count: number, room = 0.08): number[] {
  const lastUs = range.fromUs + (range.toUs - range.fromUs) * (1 - room)
  return computeTicks(range, count).filter(us => us <= lastUs)
}
