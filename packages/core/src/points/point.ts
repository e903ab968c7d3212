import { randomUUID } from '../platform/platform.js'
import type { PointInfo } from '../record/trace-record.js'
import { describeException, type ExceptionInfo } from '../recording/describe-exception.js'
import { addMembers, recordableInfo } from '../recording/recordable.js'
import { redactText } from '../secrets/redact-text.js'
import type { LocalTrace, TraceHeaders } from './local-trace.js'

// With `-start` and what marks a cut, a name fits the 255 characters of the column that stores have for it.
const MAX_NAME = 240

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
  #ask: (() => PointInfo | undefined) | undefined
  #inside: Point[] | undefined

  constructor(trace: LocalTrace, name: string, parentId: string, info?: PointInfo, more?: PointInfo) {
    this.#trace = trace
    this.#recorded = trace.known.take(trace.maxPoints)
    this.name = pointName(name)
    this.parentId = parentId
    this.traceId = this.#recorded ? randomUUID() : parentId
    if (this.#recorded) trace.recordStart(this.name, this.traceId, parentId, recordableInfo(info, more))
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
   * Opens a point nested in this one, for a part of what it is itself about, such as waiting for a connection. It ends
   * with this one, if the caller has not stopped it before.
   */
  startInside(name: string, info?: PointInfo): Point {
    const point = new Point(this.#trace, name, this.traceId, info)
    this.#inside = [...(this.#inside?.filter(({ open }) => open) ?? []), point]
    return point
  }

  /**
   * Has `look`, which must not throw, called once the request or the run that this point belongs to has been over for a
   * short while, and told for how many milliseconds. The returned function takes that back.
   */
  whenTraceOver(look: (overFor: number) => void): () => void {
    return this.#trace.whenOver(look)
  }

  /** Has its stop, whoever stops it, ask what else there is to say: what comes to be known of it while it is open. */
  atStop(ask: () => PointInfo | undefined): void {
    this.#ask = ask
  }

  /** Ends the point, now or `ago` milliseconds ago. Later calls do nothing. */
  stop(info?: PointInfo, ago = 0): void {
    this.#close(info, undefined, ago)
  }

  /** Ends the point with what was thrown in it. */
  fail(error: unknown, info?: PointInfo, ago = 0): void {
    if (this.#open) this.#close(info, describeException(error), ago)
  }

  #close(info: PointInfo | undefined, failure: ExceptionInfo | undefined, ago: number): void {
    if (!this.#open) return
    this.#open = false
    for (const point of this.#inside ?? []) point.stop(undefined, ago)
    this.#inside = undefined
    if (!this.#recorded) return
    const told = this.#closingInfo(info)
    if (failure !== undefined) addMembers(told, failure)
    this.#trace.recordStop(this.name, this.traceId, this.parentId, told, ago)
  }

  /** The signed headers that make a callee's points children of this one. */
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

  #closingInfo(info: PointInfo | undefined): Record<string, unknown> {
    const known = askSafely(this.#ask)
    this.#ask = undefined
    return recordableInfo(known, info)
  }
}

/** A call in TypeScript has a text here. Any other must not fail either: untraced, it would not. */
function pointName(name: unknown): string {
  return typeof name === 'string' ? redactText(name, MAX_NAME).toWellFormed() : `[${typeof name}]`
}

function askSafely(ask: (() => PointInfo | undefined) | undefined): PointInfo | undefined {
  try {
    return ask?.()
  } catch {
    return undefined
  }
}
