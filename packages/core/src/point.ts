import { v4 } from 'uuid'
import { describeException } from './exception.js'
import type { LocalTrace, TraceHeaders } from './local-trace.js'
import type { PointInfo } from './record.js'
import { cutText, recordableInfo } from './recordable.js'

// With `-start` and what marks a cut, a name fits the 255 characters of the column that stores have for it.
const MAX_NAME = 240
const MAX_TIMES_TOLD = 3

/** One step of a trace, from its start to its stop. Made by a `Profiler`; it stops once, whoever stops it. */
export class Point {
  readonly name: string
  /** The point in which this one is nested, or the trace. */
  readonly parentId: string
  /** This point. Beyond `maxPointsPerTrace`, where it is not recorded, the nearest one that is. */
  readonly traceId: string
  readonly #trace: LocalTrace
  readonly #recorded: boolean
  #open = true
  #told: Record<string, unknown> | undefined
  #timesTold = 0

  constructor(trace: LocalTrace, name: string, parentId: string, info: PointInfo | undefined) {
    this.#trace = trace
    this.#recorded = trace.takePoint()
    this.name = pointName(name)
    this.parentId = parentId
    this.traceId = this.#recorded ? v4() : parentId
    if (this.#recorded) trace.recordStart(this.name, this.traceId, parentId, info)
  }

  /** Whether it is recorded, and not only counted. */
  get recorded(): boolean {
    return this.#recorded
  }

  /** Whether it has not been stopped. */
  get open(): boolean {
    return this.#open
  }

  /**
   * Opens a point nested in this one, for a part of what it is itself about, such as waiting for a connection. It is the
   * caller who stops it, before this one.
   */
  startInside(name: string, info?: PointInfo): Point {
    return new Point(this.#trace, name, this.traceId, info)
  }

  /** What its stop is to say beside the stop's own info, whoever stops it. Of one member, the last counts. */
  tell(info: PointInfo): void {
    if (!this.#open || !this.#recorded) return
    const told = recordableInfo(info)
    this.#told = this.#told === undefined ? told : { ...this.#told, ...told }
    // Each is bounded; what many of them make together is only once it is looked at as a whole.
    if (++this.#timesTold > MAX_TIMES_TOLD) this.#told = recordableInfo(this.#told)
  }

  /** Ends the point now. Later calls do nothing. */
  stop(info?: PointInfo): void {
    if (!this.#open) return
    this.#open = false
    if (!this.#recorded) return
    if (info !== undefined || this.#told === undefined) {
      const told = recordableInfo(info)
      this.#told = this.#told === undefined ? told : { ...this.#told, ...told }
    }
    this.#trace.recordStop(this.name, this.traceId, this.parentId, this.#told)
  }

  /** Ends the point with what was thrown in it. */
  fail(error: unknown, info?: PointInfo): void {
    if (!this.#open) return
    this.stop({ ...(info === undefined ? undefined : recordableInfo(info)), ...describeException(error) })
  }

  /** The signed headers that make a callee's points children of this one. */
  getTraceIdHeaders(): TraceHeaders {
    return this.#trace.headers(this.traceId)
  }
}

/** A call in TypeScript has a text here. Any other must not fail either: untraced, it would not. */
function pointName(name: unknown): string {
  return typeof name === 'string' ? cutText(name, MAX_NAME).toWellFormed() : `[${typeof name}]`
}
