import type { Point, PointInfo } from '@osprofiler/core'
import { Math, performance } from '@osprofiler/core/toolkit'

/**
 * Tells the point of an outgoing request what came of it and when: in milliseconds with three decimals since this was
 * made, beside the status in `info.requests`.
 */
export class RequestTimes {
  readonly #point: Point
  readonly #startedAt = performance.now()
  #status: number | undefined
  #firstByteMs: number | undefined
  #lastByteMs: number | undefined

  constructor(point: Point) {
    this.#point = point
    point.atStop(() => this.#info())
  }

  /** The head of the answer is there: `status_code`, `first_byte_ms`. Told at the point's stop, whoever stops it. */
  answered(status: number | undefined): void {
    this.#status = status
    this.#firstByteMs = this.#sinceStart()
  }

  /** The end of the answer was read: `last_byte_ms`. Ends the point. */
  ended(): void {
    this.#lastByteMs = this.#sinceStart()
    this.#point.stop()
  }

  /** It came to nothing. Ends the point. */
  failed(error: unknown): void {
    this.#point.fail(error)
  }

  #info(): PointInfo | undefined {
    if (this.#firstByteMs === undefined) return undefined
    return {
      requests: { status_code: this.#status, first_byte_ms: this.#firstByteMs, last_byte_ms: this.#lastByteMs },
    }
  }

  #sinceStart(): number {
    return Math.round((performance.now() - this.#startedAt) * 1000) / 1000
  }
}
