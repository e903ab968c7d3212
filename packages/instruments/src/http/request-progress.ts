import type { Point, PointInfo } from '@osprofiler/core'
import { Math, Number, performance, roundMs } from '@osprofiler/core/toolkit'
import { measureBusyTime } from './busy-time.js'
import type { ConnectionTimes } from './connection-times.js'

/**
 * Records a request's status and times in `info.requests`, and whether the request was signed. The times are in
 * milliseconds since this object was created, with three decimals.
 */
export class RequestProgress {
  readonly point: Point
  readonly startedAt = performance.now()
  #status: number | undefined
  #answeredAt: number | undefined
  #lastByteMs: number | undefined
  #readBusyTime: (() => number) | undefined
  #busyMs: number | undefined
  #connection: ConnectionTimes | undefined
  #unread: true | undefined
  #signed: boolean | undefined
  #cancelCallback: (() => void) | undefined

  constructor(point: Point, onEnd?: () => void) {
    this.point = point
    point.atStop(() => {
      this.#cancelCallback?.()
      onEnd?.()
      return this.#info()
    })
  }

  /** Notes that the response head has arrived. The point records `status_code` and `first_byte_ms` when it stops. */
  noteHead(status: number | undefined): void {
    this.#status = status
    this.#answeredAt = performance.now()
    this.#readBusyTime = measureBusyTime()
  }

  /** Notes that the request waited for a new connection. The point records the times when it stops. */
  noteConnection(times: ConnectionTimes): void {
    this.#connection = times
  }

  /** Notes whether the request contains this trace's headers. */
  noteSigned(isSigned: boolean): void {
    this.#signed = isSigned
  }

  /**
   * Calls `callback` if the point is still open when the trace ends. This can happen, because the program may never
   * read the response.
   */
  whenTraceOver(callback: (overForMs: number) => void): void {
    if (!this.point.open || !this.point.recorded) return
    this.#cancelCallback?.()
    this.#cancelCallback = this.point.whenTraceOver(callback)
  }

  /**
   * Ends the point at the last byte of the response. Records the time of this byte as `last_byte_ms`, and how long the
   * event loop was busy since the response head as `busy_ms`.
   */
  end(): void {
    this.#lastByteMs = this.#sinceStart(performance.now())
    this.#busyMs = this.#readBusyTime?.()
    this.point.stop()
  }

  /** Ends the point of a response without a body. The end is backdated to the arrival of the response head. */
  endAtHead(): void {
    this.#lastByteMs = this.#answeredAt && this.#sinceStart(this.#answeredAt)
    this.#stopAtHead()
  }

  /**
   * Ends the point, backdated to the arrival of the response head. Records `unread`, because the program did not read
   * the response.
   */
  endUnread(): void {
    this.#unread = true
    this.#stopAtHead()
  }

  /**
   * Ends the point of a response that was only partly read. The end is backdated to the end of the trace, `agoMs`
   * milliseconds ago.
   */
  endAbandoned(agoMs: number): void {
    this.#stopAtHead(agoMs)
  }

  /** Ends the point of a response that changes the connection's protocol. */
  endUpgraded(status: number | undefined): void {
    if (!this.point.open) return
    this.noteHead(status)
    this.point.stop()
  }

  #info(): PointInfo | undefined {
    const signed = this.#signed
    if (this.#answeredAt === undefined && this.#connection === undefined && signed === undefined) return undefined
    return {
      requests: {
        status_code: this.#status,
        signed,
        first_byte_ms: this.#answeredAt && this.#sinceStart(this.#answeredAt),
        last_byte_ms: this.#lastByteMs,
        busy_ms: this.#busyMs,
        unread: this.#unread,
        connection: this.#connection,
      },
    }
  }

  /**
   * Stops the point. The end is backdated to the arrival of the response head, but by at most `maxAgoMs` milliseconds.
   */
  #stopAtHead(maxAgoMs = Number.POSITIVE_INFINITY): void {
    const now = performance.now()
    this.point.stop(undefined, Math.min(maxAgoMs, now - (this.#answeredAt ?? now)))
  }

  #sinceStart(time: number): number {
    return roundMs(time - this.startedAt)
  }
}
