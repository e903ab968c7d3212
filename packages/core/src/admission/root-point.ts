import type { VerifiedTrace } from '../keys/signed-headers.js'
import { LocalTrace } from '../points/local-trace.js'
import { openRequest } from '../points/point-allowance.js'
import { Profiler } from '../points/profiler.js'
import type { PointInfo } from '../record/trace-record.js'

/** A trace that was taken up from elsewhere. */
export interface RootPoint {
  /** That of the inside of the point of what is served. */
  readonly profiler: Profiler
  /** To be called once, after the profiler has ended. */
  readonly ended: () => void
}

/** Takes up a trace in this process, and opens the point of what is served. */
export function openRootPoint(
  { key, baseId, parentId }: VerifiedTrace,
  maxPointsPerTrace: number,
  name: string,
  info: PointInfo,
): RootPoint {
  const trace = new LocalTrace(key, baseId, parentId, maxPointsPerTrace)
  const told = openRequest(trace.points, maxPointsPerTrace)
  const ended = (): void => {
    told()
    trace.end()
  }
  try {
    return { profiler: new Profiler(trace, parentId).fork(name, info), ended }
  } catch (error) {
    ended()
    throw error
  }
}
