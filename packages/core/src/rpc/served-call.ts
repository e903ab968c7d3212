import { keepContext, runWith } from '../context.js'
import type { Profiler } from '../profiler.js'
import type { PointInfo } from '../record.js'
import type { ServedTrace } from '../served-trace.js'
import { settle } from '../settle.js'

/** A call or a message that is traced: its point is open until it is over. */
export class ServedCall {
  /** The profiler of the inside of the call's point. */
  readonly profiler: Profiler
  readonly #ended: () => void
  readonly #release = keepContext()
  #open = true

  constructor({ profiler, ended }: ServedTrace) {
    this.profiler = profiler
    this.#ended = ended
  }

  /**
   * Runs `fn` and all that it starts in the call's context, and returns what it returns. The call ends when `fn` is
   * done (its promise settled, where it returns one), unless `isOver` then says that it is not over yet: a message, say,
   * that is acknowledged later. What `fn` throws is recorded and thrown on.
   */
  serve<T>(fn: () => T, isOver: () => boolean = () => true): T {
    return settle(
      () => runWith(this.profiler, fn),
      () => {
        if (isOver()) this.end()
      },
      error => this.fail(error),
    )
  }

  /** Ends the call. Only the first end or failure counts. */
  end(info?: PointInfo): void {
    this.#close(() => this.profiler.end(info))
  }

  /** Ends the call with what was thrown in it. */
  fail(error: unknown, info?: PointInfo): void {
    this.#close(() => this.profiler.fail(error, info))
  }

  #close(close: () => void): void {
    if (!this.#open) return
    this.#open = false
    close()
    this.#ended()
    this.#release()
  }
}
