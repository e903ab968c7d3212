import { v7 } from 'uuid'
import type { CallSiteRecorder } from '../call-sites/call-site-recorder.js'
import type { Stack } from '../call-sites/code-member.js'
import { dateNow, Math, randomFillSync, Uint8Array } from '../platform/platform.js'
import type { PointInfo } from '../record/trace-record.js'
import type { LocalTrace, TraceHeaders } from './local-trace.js'
import { Point } from './point.js'

const SWEEP_AT_POINTS = 64
// The maximum number of unrecorded points on the stack. Unrecorded points are on the stack only so that `stop` finds
// them. The limit is harmless, because nothing is lost if such a point is never stopped, and because no application
// nests points this deep.
const MAX_UNRECORDED_POINTS = 1_024

/**
 * A position in a trace. New points become children of the innermost open point. Each request and each traced function
 * has its own profiler, so that parallel work finds the right parent. Printing or serializing a profiler does not show
 * its signing key.
 */
export class Profiler {
  readonly #trace: LocalTrace
  /** The point around this profiler, or `undefined` if the profiler is directly below the trace. */
  readonly #point: Point | undefined
  /** Points that `start` opened and that may still be open, outermost first. */
  #stack: Point[] = []
  #sweepAt = SWEEP_AT_POINTS
  #ended = false

  constructor(trace: LocalTrace, point?: Point) {
    this.#trace = trace
    this.#point = point
  }

  /** Whether this context still records points. Recording continues until 10 seconds after the request or run. */
  get current(): boolean {
    return this.#trace.current
  }

  /**
   * Whether `end` or `fail` was called. If so, a point that is opened on this profiler must be stopped by the code that
   * opened it.
   */
  get ended(): boolean {
    return this.#ended
  }

  get baseId(): string {
    return this.#trace.baseId
  }

  /** Id of the innermost open point, for logs. Outgoing requests send this id as their parent. */
  get traceId(): string {
    return this.#top()?.traceId ?? this.#point?.traceId ?? this.#trace.rootId
  }

  /** Id of the parent of the innermost open point. */
  get parentId(): string {
    return this.#top()?.parentId ?? this.#point?.parentId ?? this.baseId
  }

  /**
   * Opens a point. Later points are nested in this point until it stops. `stack`: the stack of the code that created
   * the point, if the current stack does not show that code.
   */
  start(name: string, info?: PointInfo, stack?: Stack): Point {
    const point = new Point(this.#trace, name, this.traceId, info, undefined, stack)
    if (this.#stack.length >= this.#sweepAt) this.#sweep()
    if (point.recorded || this.#stack.length < MAX_UNRECORDED_POINTS) this.#stack.push(point)
    return point
  }

  /** Stops the newest open point that `start` opened on this profiler. Does nothing if there is no such point. */
  stop(info?: PointInfo): void {
    this.#top()?.stop(info)
  }

  /** Returns whether this profiler records points of the given trace. */
  isOf(trace: LocalTrace): boolean {
    return this.#trace === trace
  }

  /** Finds the code that calls a library. `undefined` if call sites are not recorded. */
  get callSites(): CallSiteRecorder | undefined {
    return this.#trace.callSites
  }

  /**
   * Opens a point in which later points are not nested, for example for parallel queries. The caller must stop the
   * point, even after `end`.
   */
  startBeside(name: string, info?: PointInfo): Point {
    return new Point(this.#trace, name, this.traceId, info)
  }

  /**
   * Opens a point and returns a profiler inside it. `end` and `fail` of that profiler stop the point. Members of `more`
   * override members of `info`.
   */
  fork(name: string, info?: PointInfo, more?: PointInfo): Profiler {
    return createInnerProfiler(this.#trace, new Point(this.#trace, name, this.traceId, info, more))
  }

  /**
   * Stops the points that `start` left open, newest first, and then the point around this profiler, now or as of
   * `agoMs` milliseconds ago.
   */
  end(info?: PointInfo, agoMs = 0): void {
    this.#closeInside(agoMs)
    this.#point?.stop(info, agoMs)
  }

  fail(error: unknown, info?: PointInfo, agoMs = 0): void {
    this.#closeInside(agoMs)
    this.#point?.fail(error, info, agoMs)
  }

  /** Returns the signed headers that make a callee's points children of the innermost open point. */
  getTraceIdHeaders(): TraceHeaders {
    return this.#trace.passOn(this.traceId)
  }

  /**
   * Returns a new ticket for one request to a host, or `undefined` if the trace creates no tickets. `info` is the
   * `X-Trace-Info` of the request.
   */
  ticketFor(info: string, host: string): string | undefined {
    return this.#trace.ticket(info, host)
  }

  /**
   * Returns whether headers belong to this trace. One of the two headers may be missing, for example if a gateway
   * copied only the other.
   */
  ownsHeaders(info: string | undefined, hmac: string | undefined): boolean {
    return this.#trace.ownsHeaders(info, hmac)
  }

  toJSON(): { baseId: string; parentId: string; traceId: string } {
    return { baseId: this.baseId, parentId: this.parentId, traceId: this.traceId }
  }

  /**
   * Removes stopped points from the whole stack. If points overlap, the last point may always be open, so removing
   * stopped points only from the end would leak memory.
   */
  #sweep(): void {
    this.#stack = this.#stack.filter(({ open }) => open)
    this.#sweepAt = Math.max(SWEEP_AT_POINTS, 2 * this.#stack.length)
  }

  #top(): Point | undefined {
    const stack = this.#stack
    for (let point = stack.at(-1); point !== undefined; point = stack.at(-1)) {
      if (point.open) return point
      stack.pop()
    }
    return undefined
  }

  #closeInside(agoMs: number): void {
    this.#ended = true
    for (let point = this.#top(); point !== undefined; point = this.#top()) point.stop(undefined, agoMs)
  }
}

/** Creates a trace id: a UUID of version 7, so that signed headers contain the trace's creation time. */
export function createTraceId(): string {
  return v7({ msecs: dateNow(), random: randomFillSync(new Uint8Array(16)) })
}

// This function is outside the class, because bundlers rename a class that refers to itself, and users would see the
// new name.
function createInnerProfiler(trace: LocalTrace, point: Point): Profiler {
  return new Profiler(trace, point)
}
