import { performance } from 'node:perf_hooks'
import type { Point } from '@osprofiler/core'

/**
 * Tells the point of an outgoing request what came of it and when: in milliseconds with three decimals since this was
 * made, beside the status in `info.requests`.
 */
export class RequestTimes {
  readonly #point: Point
  readonly #startedAt = performance.now()
  #status: number | undefined
  #firstByteMs: number | undefined

  constructor(point: Point) {
    this.#point = point
  }

  /** The head of the answer is there: `status_code`, `first_byte_ms`. Told at the point's stop, whoever stops it. */
  answered(status: number | undefined): void {
    this.#status = status
    this.#firstByteMs = this.#sinceStart()
    this.#point.tell({ requests: { status_code: status, first_byte_ms: this.#firstByteMs } })
  }

  /** The end of the answer was read: `last_byte_ms`. Ends the point. */
  ended(): void {
    const status_code = this.#status
    const first_byte_ms = this.#firstByteMs
    this.#point.stop({ requests: { status_code, first_byte_ms, last_byte_ms: this.#sinceStart() } })
  }

  /** It came to nothing. Ends the point. */
  failed(error: unknown): void {
    this.#point.fail(error)
  }

  #sinceStart(): number {
    return Math.round((performance.now() - this.#startedAt) * 1000) / 1000
  }
}
