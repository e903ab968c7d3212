import { v7 } from 'uuid'
import { dateNow, Math, randomFillSync, Uint8Array } from '../platform/platform.js'
import type { PointInfo } from '../record/trace-record.js'
import type { LocalTrace, TraceHeaders } from './local-trace.js'
import { Point } from './point.js'

const SWEEP_AT = 64
// Nothing of an unrecorded point has to be closed. It is kept for `stop` to find, which no program nests as deep as this.
const MAX_UNRECORDED = 1_024

/**
 * Where in a trace some code runs: the point that is open around it. What the code starts is nested there.
 *
 * Each request, and each traced function within one, has a profiler of its own, so that work in parallel finds the
 * right parent. Printing or serializing a profiler does not show the key with which it signs.
 */
export class Profiler {
  readonly #trace: LocalTrace
  /** The point whose inside this is, or `undefined` for the trace as a whole. */
  readonly #point: Point | undefined
  /** What `start` opened and nobody has stopped, outermost first. */
  #stack: Point[] = []
  #sweepAt = SWEEP_AT
  #ended = false

  constructor(trace: LocalTrace, point?: Point) {
    this.#trace = trace
    this.#point = point
  }

  /** Whether what is done here still belongs to the trace: up to ten seconds after the request, or the run, has ended. */
  get current(): boolean {
    return this.#trace.current
  }

  /** Whether `end` or `fail` was called. Nothing closes a point that is opened here from then on but its opener. */
  get ended(): boolean {
    return this.#ended
  }

  /** The trace. */
  get baseId(): string {
    return this.#trace.baseId
  }

  /** The point that is open around the current code: what an outgoing request names as its parent. For logs. */
  get traceId(): string {
    return this.#top()?.traceId ?? this.#point?.traceId ?? this.#trace.rootId
  }

  /** The point around that one. */
  get parentId(): string {
    return this.#top()?.parentId ?? this.#point?.parentId ?? this.baseId
  }

  /** Opens a point, in which the next ones are nested until it is stopped. */
  start(name: string, info?: PointInfo): Point {
    const point = new Point(this.#trace, name, this.traceId, info)
    if (this.#stack.length >= this.#sweepAt) this.#sweep()
    if (point.recorded || this.#stack.length < MAX_UNRECORDED) this.#stack.push(point)
    return point
  }

  /** Stops the newest open point that `start` opened here. A stray stop does nothing. */
  stop(info?: PointInfo): void {
    this.#top()?.stop(info)
  }

  /**
   * Opens a point in which nothing is nested by itself, for steps that overlap: outgoing requests, queries in
   * flight. It is the caller who stops it, also when this profiler has ended before.
   */
  startBeside(name: string, info?: PointInfo): Point {
    return new Point(this.#trace, name, this.traceId, info)
  }

  /** Opens a point and returns a profiler for the inside of it. `end` or `fail` close both. Members of `more` win. */
  fork(name: string, info?: PointInfo, more?: PointInfo): Profiler {
    const point = new Point(this.#trace, name, this.traceId, info, more)
    return new Profiler(this.#trace, point)
  }

  /**
   * Closes what `start` opened here and nobody has stopped, the newest first. Then closes the point whose inside this is.
   * All of them stop now, or `ago` milliseconds ago.
   */
  end(info?: PointInfo, ago = 0): void {
    this.#closeInside(ago)
    this.#point?.stop(info, ago)
  }

  /** As `end`, with what was thrown. */
  fail(error: unknown, info?: PointInfo, ago = 0): void {
    this.#closeInside(ago)
    this.#point?.fail(error, info, ago)
  }

  /** The signed headers that make a callee's points children of the current one. */
  getTraceIdHeaders(): TraceHeaders {
    return this.#trace.headers(this.traceId)
  }

  /**
   * Whether a pair of headers, or half of one, is of this trace and signed with its key: a gateway that copies the headers
   * of its own request sends such a pair.
   */
  ownsHeaders(info: string | undefined, hmac: string | undefined): boolean {
    return this.#trace.ownsHeaders(info, hmac)
  }

  /** What a log shows of it. */
  toJSON(): { baseId: string; parentId: string; traceId: string } {
    return { baseId: this.baseId, parentId: this.parentId, traceId: this.traceId }
  }

  /** Lets go of points that have stopped: those that overlap in a chain never leave the top of the stack free. */
  #sweep(): void {
    this.#stack = this.#stack.filter(({ open }) => open)
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#stack.length)
  }

  #top(): Point | undefined {
    const stack = this.#stack
    for (let point = stack.at(-1); point !== undefined; point = stack.at(-1)) {
      if (point.open) return point
      stack.pop()
    }
    return undefined
  }

  #closeInside(ago: number): void {
    this.#ended = true
    for (let point = this.#top(); point !== undefined; point = this.#top()) point.stop(undefined, ago)
  }
}

/** A fresh id for a trace: UUID version 7, so that its age is known and signed. */
export function createTraceId(): string {
  return v7({ msecs: dateNow(), random: randomFillSync(new Uint8Array(16)) })
}
