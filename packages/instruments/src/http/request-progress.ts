import type { Point, PointInfo } from '@osprofiler/core'
import { Math, Number, performance } from '@osprofiler/core/toolkit'

/** Records in `info.requests` the status of a request, and times in ms (three decimals) since this object was made. */
export class RequestProgress {
  readonly point: Point
  readonly #startedAt = performance.now()
  #status: number | undefined
  #answeredAt: number | undefined
  #lastByteMs: number | undefined
  #unread: true | undefined
  #forgetLook: (() => void) | undefined

  constructor(point: Point, onEnd?: () => void) {
    this.point = point
    point.atStop(() => {
      this.#forgetLook?.()
      onEnd?.()
      return this.#info()
    })
  }

  /** Notes the head of the response. The point records `status_code` and `first_byte_ms` when it stops. */
  answered(status: number | undefined): void {
    this.#status = status
    this.#answeredAt = performance.now()
  }

  /** Calls `look` if the trace is over before the point, because nobody may ever read the response. */
  whenTraceOver(look: (overFor: number) => void): void {
    if (!this.point.open || !this.point.recorded) return
    this.#forgetLook?.()
    this.#forgetLook = this.point.whenTraceOver(look)
  }

  /** Ends the point at the last byte of the response: `last_byte_ms`. */
  ended(): void {
    this.#lastByteMs = this.#sinceStart(performance.now())
    this.point.stop()
  }

  /** Ends the point of a response without a body at the time of its head. */
  endedAtHead(): void {
    this.#lastByteMs = this.#answeredAt && this.#sinceStart(this.#answeredAt)
    this.#stopAtHead()
  }

  /** Ends the point of a response that nobody reads at the time of its head: `unread`. */
  unread(): void {
    this.#unread = true
    this.#stopAtHead()
  }

  /** Ends the point at the time when reading stopped, `since` milliseconds ago. */
  abandoned(since: number): void {
    this.#stopAtHead(since)
  }

  /** Ends the point of a response that changes the protocol of the connection. */
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

  /** Stops at the head of the response, but no longer than `mostAgo` milliseconds ago. */
  #stopAtHead(mostAgo = Number.POSITIVE_INFINITY): void {
    const now = performance.now()
    this.point.stop(undefined, Math.min(mostAgo, now - (this.#answeredAt ?? now)))
  }

  #sinceStart(time: number): number {
    return Math.round((time - this.#startedAt) * 1000) / 1000
  }
}
