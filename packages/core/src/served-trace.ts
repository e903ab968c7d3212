import { LocalTrace } from './local-trace.js'
import { openRequest } from './point-allowance.js'
import { Profiler } from './profiler.js'
import type { PointInfo } from './record.js'
import type { UnpackedTrace } from './signed-headers.js'

/** A trace that was taken up from elsewhere. */
export interface ServedTrace {
  /** That of the inside of the point of what is served. */
  readonly profiler: Profiler
  /** To be called once, after the profiler has ended. */
  readonly ended: () => void
}

/** Takes up a trace in this process, and opens the point of what is served. */
export function openServedTrace(
  { hmacKey, baseId, parentId }: UnpackedTrace,
  maxPointsPerTrace: number,
  name: string,
  info: PointInfo,
): ServedTrace {
  const trace = new LocalTrace(hmacKey, baseId, parentId, maxPointsPerTrace)
  const told = openRequest(trace.points, maxPointsPerTrace)
  const profiler = new Profiler(trace, parentId).fork(name, info)
  const ended = (): void => {
    told()
    trace.end()
  }
  return { profiler, ended }
}
