import { randomUUID } from '../platform/platform.js'
import type { PointInfo } from '../record/trace-record.js'
import { describeException, type ExceptionInfo } from '../recording/describe-exception.js'
import { addMembers, recordableInfo } from '../recording/recordable.js'
import { redactText } from '../secrets/redact-text.js'
import type { LocalTrace, TraceHeaders } from './local-trace.js'

// Stores have a column of 255 characters for names. The limit leaves room for `-start` and the mark of a cut.
const MAX_NAME = 240

/** One step of a trace, from its start to its stop. A point stops only once. */
export class Point {
  readonly name: string
  /** Id of the enclosing point, or of the trace at the top. */
  readonly parentId: string
  /** Id of this point. If the point is beyond `maxPointsPerTrace`, the id of the nearest recorded point around it. */
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

  get recorded(): boolean {
    return this.#recorded
  }

  get open(): boolean {
    return this.#open
  }

  /** Opens a nested point for a part of this step, such as a wait. It stops with this point at the latest. */
  startInside(name: string, info?: PointInfo): Point {
    const point = openPoint(this.#trace, name, this.traceId, info)
    this.#inside = [...(this.#inside?.filter(({ open }) => open) ?? []), point]
    return point
  }

  /** Calls `look` shortly after the trace ended, as `LocalTrace.whenOver` does. */
  whenTraceOver(look: (overFor: number) => void): () => void {
    return this.#trace.whenOver(look)
  }

  /** Sets a function that the stop calls for info which became known while the point was open. */
  atStop(ask: () => PointInfo | undefined): void {
    this.#ask = ask
  }

  /** Stops the point, now or `ago` milliseconds ago. Later calls do nothing. */
  stop(info?: PointInfo, ago = 0): void {
    this.#close(info, undefined, ago)
  }

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

  /** Returns the signed headers that make a callee's points children of this one. */
  getTraceIdHeaders(): TraceHeaders {
    return this.#trace.headers(this.traceId)
  }

  /** Returns whether headers belong to this trace, like those that a gateway copies: a signed pair, or half of one. */
  ownsHeaders(info: string | undefined, hmac: string | undefined): boolean {
    return this.#trace.ownsHeaders(info, hmac)
  }

  #closingInfo(info: PointInfo | undefined): Record<string, unknown> {
    const known = askSafely(this.#ask)
    this.#ask = undefined
    return recordableInfo(known, info)
  }
}

/** TypeScript allows only strings. Any other value must not throw either, because the program works untraced. */
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

// A class that names itself gets another name when the modules are bundled, and users would read that one.
function openPoint(trace: LocalTrace, name: string, parentId: string, info: PointInfo | undefined): Point {
  return new Point(trace, name, parentId, info)
}
