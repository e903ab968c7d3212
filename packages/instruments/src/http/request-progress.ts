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
  #cancelCallback: (() => void) | undefined

  constructor(point: Point, onEnd?: () => void) {
    this.point = point
    point.atStop(() => {
      this.#cancelCallback?.()
      onEnd?.()
      return this.#info()
    })
  }

  /** Notes the head of the response. The point records `status_code` and `first_byte_ms` when it stops. */
  noteHead(status: number | undefined): void {
    this.#status = status
    this.#answeredAt = performance.now()
  }

  /** Calls `callback` if the trace is over before the point, because nobody may ever read the response. */
  whenTraceOver(callback: (overForMs: number) => void): void {
    if (!this.point.open || !this.point.recorded) return
    this.#cancelCallback?.()
    this.#cancelCallback = this.point.whenTraceOver(callback)
  }

  /** Ends the point at the last byte of the response: `last_byte_ms`. */
  end(): void {
    this.#lastByteMs = this.#sinceStart(performance.now())
    this.point.stop()
  }

  /** Ends the point of a response without a body at the time of its head. */
  endAtHead(): void {
    this.#lastByteMs = this.#answeredAt && this.#sinceStart(this.#answeredAt)
    this.#stopAtHead()
  }

  /** Ends the point of a response that nobody reads at the time of its head: `unread`. */
  endUnread(): void {
    this.#unread = true
    this.#stopAtHead()
  }

  /** Ends the point at the time when reading stopped, `agoMs` milliseconds ago. */
  endAbandoned(agoMs: number): void {
    this.#stopAtHead(agoMs)
  }

  /** Ends the point of a response that changes the protocol of the connection. */
  endUpgraded(status: number | undefined): void {
    if (!this.point.open) return
    this.noteHead(status)
    this.point.stop()
  }

  #info(): PointInfo | undefined {
    if (this.#answeredAt === undefined) return undefined
    const first_byte_ms = this.#sinceStart(this.#answeredAt)
    return {
      requests: { status_code: this.#status, first_byte_ms, last_byte_ms: this.#lastByteMs, unread: this.#unread },
    }
  }

  /** Stops at the head of the response, but no longer than `maxAgoMs` milliseconds ago. */
  #stopAtHead(maxAgoMs = Number.POSITIVE_INFINITY): void {
    const now = performance.now()
    this.point.stop(undefined, Math.min(maxAgoMs, now - (this.#answeredAt ?? now)))
  }

  #sinceStart(time: number): number {
    return Math.round((time - this.#startedAt) * 1000) / 1000
  }
}
