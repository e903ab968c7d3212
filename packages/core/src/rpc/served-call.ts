import type { RootPoint } from '../admission/root-point.js'
import { createScope, keepContext } from '../points/context.js'
import type { Profiler } from '../points/profiler.js'
import { followCallIn } from '../promises/follow-call.js'
import type { PointInfo } from '../record/trace-record.js'

/** A call or a message that is traced: its point is open until it is over. */
export class ServedCall {
  /** The profiler of the inside of the call's point. */
  readonly profiler: Profiler
  readonly #root: RootPoint
  readonly #release = keepContext()
  #open = true

  constructor(root: RootPoint) {
    this.profiler = root.profiler
    this.#root = root
  }

  /**
   * Runs `fn` and all that it starts in the call's context, and returns what it returns. When `fn` is done (its promise
   * settled, where it returns one) the call ends, unless `done` is given: a message, say, may be acknowledged later.
   * What `fn` throws ends the call, is recorded, and thrown on.
   */
  serve<T>(fn: () => T, done: (ago: number) => void = ago => this.end(undefined, ago)): T {
    return followCallIn(createScope(this.profiler), fn, {
      done: (_, ago) => done(ago),
      failed: (error, ago) => this.fail(error, undefined, ago),
      abandoned: () => done(0),
    })
  }

  /** Ends the call. Only the first end or failure counts. */
  end(info?: PointInfo, ago?: number): void {
    this.#close(() => this.profiler.end(info, ago))
  }

  /** Ends the call with what was thrown in it. */
  fail(error: unknown, info?: PointInfo, ago?: number): void {
    this.#close(() => this.profiler.fail(error, info, ago))
  }

  #close(close: () => void): void {
    if (!this.#open) return
    this.#open = false
    try {
      close()
    } finally {
      this.#root.ended()
      this.#release()
    }
  }
}
