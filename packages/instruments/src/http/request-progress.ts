import type { Point, PointInfo } from '@osprofiler/core'
import { Math, Number, performance } from '@osprofiler/core/toolkit'

/**
 * Tells the point of an outgoing request what came of it and when: in milliseconds with three decimals since this was
 * made, beside the status in `info.requests`.
 */
export class RequestProgress {
  readonly point: Point
  readonly #startedAt = performance.now()
  #status: number | undefined
  #answeredAt: number | undefined
  #lastByteMs: number | undefined
  #unread: true | undefined
  #forgetLook: (() => void) | undefined

  /** `onEnd` is called when the point has ended. */
  constructor(point: Point, onEnd?: () => void) {
    this.point = point
    point.atStop(() => {
      this.#forgetLook?.()
      onEnd?.()
      return this.#info()
    })
  }

  /** The head of the answer is there: `status_code`, `first_byte_ms`. Told at the point's stop, whoever stops it. */
  answered(status: number | undefined): void {
    this.#status = status
    this.#answeredAt = performance.now()
  }

  /** Has `look` called when the trace is over and the point is not: the answer may be one that nobody reads. */
  whenTraceOver(look: (overFor: number) => void): void {
    if (!this.point.open || !this.point.recorded) return
    this.#forgetLook?.()
    this.#forgetLook = this.point.whenTraceOver(look)
  }

  /** The end of the answer was read: `last_byte_ms`. Ends the point. */
  ended(): void {
    this.#lastByteMs = this.#sinceStart(performance.now())
    this.point.stop()
  }

  /** The answer was a head alone. Ends the point at the time of the head. */
  endedAtHead(): void {
    this.#lastByteMs = this.#answeredAt && this.#sinceStart(this.#answeredAt)
    this.#stopAtHead()
  }

  /** Nobody reads the body of the answer: `unread`. Ends the point at the time of the head. */
  unread(): void {
    this.#unread = true
    this.#stopAtHead()
  }

  /** Nobody reads on in the body of the answer since so many milliseconds. Ends the point at that time. */
  abandoned(since: number): void {
    this.#stopAtHead(since)
  }

  /** The answer makes something else of the connection. Ends the point. */
  becameOther(status: number | undefined): void {
    if (!this.point.open) return
    this.answered(status)
    this.point.stop()
  }

  #info(): PointInfo | undefined {
    if (this.#answeredAt === undefined) return undefined
    const first_byte_ms = this.#sinceStart(this.#answeredAt)
    return {
      requests: { status_code: this.#status, first_byte_ms, last_byte_ms: this.#lastByteMs, unread: this.#unread },
    }
  }

  /** As long ago as the head was there, but no longer ago than this. */
  #stopAtHead(mostAgo = Number.POSITIVE_INFINITY): void {
    const now = performance.now()
    this.point.stop(undefined, Math.min(mostAgo, now - (this.#answeredAt ?? now)))
  }

  #sinceStart(time: number): number {
    return Math.round((time - this.#startedAt) * 1000) / 1000
  }
}
