import { currentProfiler } from '../points/context.js'
import type { TraceHeaders } from '../points/local-trace.js'
import type { Point } from '../points/point.js'
import type { PointInfo } from '../record/trace-record.js'

/**
 * A point that is open until the end of a block, or until `stop`. In untraced code, an object of this class does
 * nothing.
 *
 * @example
 * {
 *   using point = new Trace('render', { template: 'order' })
 *   // points that start here are nested in `point`
 * }
 */
export class Trace {
  readonly #point: Point | undefined

  constructor(name: string, info?: PointInfo) {
    this.#point = currentProfiler()?.start(name, info)
  }

  get traceId(): string | undefined {
    return this.#point?.traceId
  }

  /** Stops the point. Only the first call counts. */
  stop(info?: PointInfo): void {
    this.#point?.stop(info)
  }

  fail(error: unknown, info?: PointInfo): void {
    this.#point?.fail(error, info)
  }

  /** Returns the signed headers that make a callee's points children of this point, or `{}` in untraced code. */
  getTraceIdHeaders(): TraceHeaders {
    return this.#point?.getTraceIdHeaders() ?? {}
  }

  [Symbol.dispose](): void {
    this.stop()
  }
}

/**
 * Opens a point. Later points are nested in this point until `stop`. Use `withTrace` for steps that run in parallel.
 */
export function start(name: string, info?: PointInfo): Trace {
  return new Trace(name, info)
}

/** Stops the newest open point of the current context. Does nothing if no point is open. */
export function stop(info?: PointInfo): void {
  currentProfiler()?.stop(info)
}

/** Returns the signed headers that pass the trace on to another service, or `{}` in untraced code. */
export function getTraceIdHeaders(): TraceHeaders {
  return currentProfiler()?.getTraceIdHeaders() ?? {}
}
