import { addCodeMember, type Stack } from '../call-sites/code-member.js'
import { performance, randomUUID } from '../platform/platform.js'
import type { PointInfo } from '../record/trace-record.js'
import { describeException, type ExceptionInfo } from '../recording/describe-exception.js'
import { addMembers, recordableInfo } from '../recording/recordable.js'
import { redactText } from '../secrets/redact-text.js'
import type { LocalTrace, TraceHeaders } from './local-trace.js'

// Some stores limit names to 255 characters. This limit leaves room for `-start` and the mark of a shortened name.
const MAX_NAME_CHARS = 240

/** One step of a trace, from its start to its stop. A point stops only once. */
export class Point {
  readonly name: string
  /** Id of the enclosing point, or of the trace if no point encloses this one. */
  readonly parentId: string
  /** Id of this point. If the point exceeds `maxPointsPerTrace`, the id of the nearest recorded point around it. */
  readonly traceId: string
  readonly #trace: LocalTrace
  readonly #recorded: boolean
  /** The time at which the point started. Only used if the durations of points are summed. */
  readonly #startedAt: number
  /** Whether the start record was sent, so that the trace counts this point. */
  readonly #counted: boolean
  #open = true
  #readStopInfo: (() => PointInfo | undefined) | undefined
  #nestedPoints: Point[] | undefined

  /**
   * @param more overrides members of `info`
   * @param stack the stack of the code that creates the point. Default: the current stack, if the trace records call
   * sites.
   */
  constructor(trace: LocalTrace, name: string, parentId: string, info?: PointInfo, more?: PointInfo, stack?: Stack) {
    this.#trace = trace
    this.#recorded = trace.countPoint()
    this.name = toPointName(name)
    this.parentId = parentId
    this.traceId = this.#recorded ? randomUUID() : parentId
    this.#startedAt = trace.totals === undefined ? 0 : performance.now()
    this.#counted = this.#recorded && this.#recordStart(info, more, stack)
  }

  #recordStart(info: PointInfo | undefined, more: PointInfo | undefined, stack: Stack | undefined): boolean {
    const trace = this.#trace
    const startInfo = recordableInfo(info, more)
    if (trace.callSites !== undefined) {
      if (stack === undefined) trace.callSites.addTo(startInfo, this.name)
      else addCodeMember(startInfo, stack)
    }
    return trace.recordStart(this.name, this.traceId, this.parentId, startInfo)
  }

  get recorded(): boolean {
    return this.#recorded
  }

  get open(): boolean {
    return this.#open
  }

  /** Opens a nested point for a part of this step, such as a wait. The nested point stops no later than this point. */
  startInside(name: string, info?: PointInfo): Point {
    const point = createPoint(this.#trace, name, this.traceId, info)
    this.#nestedPoints = [...(this.#nestedPoints?.filter(({ open }) => open) ?? []), point]
    return point
  }

  /** Calls `check` shortly after the trace has ended. See `LocalTrace.whenOver`. */
  whenTraceOver(check: (endedForMs: number) => void): () => void {
    return this.#trace.whenOver(check)
  }

  /** Sets a function that returns additional info when the point stops. */
  atStop(readInfo: () => PointInfo | undefined): void {
    this.#readStopInfo = readInfo
  }

  /** Stops the point, now or as of `agoMs` milliseconds ago. Later calls do nothing. */
  stop(info?: PointInfo, agoMs = 0): void {
    this.#close(info, undefined, agoMs)
  }

  fail(error: unknown, info?: PointInfo, agoMs = 0): void {
    if (this.#open) this.#close(info, describeException(error), agoMs)
  }

  #close(info: PointInfo | undefined, failure: ExceptionInfo | undefined, agoMs: number): void {
    if (!this.#open) return
    this.#open = false
    for (const point of this.#nestedPoints ?? []) point.stop(undefined, agoMs)
    this.#nestedPoints = undefined
    if (!this.#recorded) return
    if (this.parentId !== this.#trace.rootId) {
      this.#trace.totals?.add(this.name, performance.now() - this.#startedAt - agoMs)
    }
    const stopInfo = this.#createStopInfo(info)
    if (failure !== undefined) addMembers(stopInfo, failure)
    if (this.#counted) this.#trace.countStop()
    this.#trace.recordStop(this.name, this.traceId, this.parentId, stopInfo, agoMs)
  }

  /** Returns the signed headers that make a callee's points children of this point. */
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

  #createStopInfo(info: PointInfo | undefined): Record<string, unknown> {
    const known = callSafely(this.#readStopInfo)
    this.#readStopInfo = undefined
    return recordableInfo(known, info)
  }
}

/**
 * Converts a point's name to text. JavaScript code may pass a name that is not a string. Such a name must not cause an
 * error, because the same code works without tracing.
 */
function toPointName(name: unknown): string {
  return typeof name === 'string' ? redactText(name, MAX_NAME_CHARS).toWellFormed() : `[${typeof name}]`
}

function callSafely(readInfo: (() => PointInfo | undefined) | undefined): PointInfo | undefined {
  try {
    return readInfo?.()
  } catch {
    return undefined
  }
}

// This function is outside the class, because bundlers rename a class that refers to itself, and users would see the
// new name.
function createPoint(trace: LocalTrace, name: string, parentId: string, info: PointInfo | undefined): Point {
  return new Point(trace, name, parentId, info)
}
