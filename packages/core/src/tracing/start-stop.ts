import { currentProfiler } from '../points/context.js'
import type { TraceHeaders } from '../points/local-trace.js'
import type { Point } from '../points/point.js'
import type { PointInfo } from '../record/trace-record.js'

/**
 * A point from here to the end of a block, or to its `stop`. Where nothing is traced it does nothing.
 *
 * @example
 * {
 *   using point = new Trace('render', { template: 'order' })
 *   // what starts here is nested in it
 * }
 */
export class Trace {
  readonly #point: Point | undefined

  constructor(name: string, info?: PointInfo) {
    this.#point = currentProfiler()?.start(name, info)
  }

  /** The id of the point, or `undefined` where nothing is traced. */
  get traceId(): string | undefined {
    return this.#point?.traceId
  }

  /** Ends the point. Only the first call counts. */
  stop(info?: PointInfo): void {
    this.#point?.stop(info)
  }

  /** Ends the point with what was thrown in it. */
  fail(error: unknown, info?: PointInfo): void {
    this.#point?.fail(error, info)
  }

  /** The signed headers that make a callee's points children of this one; none where nothing is traced. */
  getTraceIdHeaders(): TraceHeaders {
    return this.#point?.getTraceIdHeaders() ?? {}
  }

  [Symbol.dispose](): void {
    this.stop()
  }
}

/**
 * Opens a point. The next ones are nested in it until it is stopped, by the handle or by `stop`. For steps one after
 * another; parallel ones belong in `withTrace`.
 */
export function start(name: string, info?: PointInfo): Trace {
  return new Trace(name, info)
}

/** Stops the newest point that is open in the current scope. A stray stop does nothing. */
export function stop(info?: PointInfo): void {
  currentProfiler()?.stop(info)
}

/** The signed headers that hand the trace on to another service: of the current point, or none when not tracing. */
export function getTraceIdHeaders(): TraceHeaders {
  return currentProfiler()?.getTraceIdHeaders() ?? {}
}
