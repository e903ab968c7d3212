import type { RootPoint } from '../admission/root-point.js'
import { createScope, keepContext } from '../points/context.js'
import type { Profiler } from '../points/profiler.js'
import { followCallIn } from '../promises/follow-call.js'
import type { PointInfo } from '../record/trace-record.js'

/** A traced call or message. Its point stays open until the call ends. */
export class ServedCall {
  /** The profiler inside the call's point, for the code that serves the call. */
  readonly profiler: Profiler
  readonly #root: RootPoint
  readonly #release = keepContext()
  #open = true

  constructor(root: RootPoint) {
    this.profiler = root.profiler
    this.#root = root
  }

  /**
   * Runs `fn` in the call's context and returns its result. The call ends when `fn` returns or its promise settles. If
   * `done` is given, `serve` calls `done` instead of ending the call, for example because the message is acknowledged
   * later. An error ends the call, is recorded, and is thrown again.
   */
  serve<T>(fn: () => T, done: (ago: number) => void = ago => this.end(undefined, ago)): T {
    return followCallIn(createScope(this.profiler), fn, {
      done: (_, ago) => done(ago),
      failed: (error, ago) => this.fail(error, undefined, ago),
      abandoned: () => done(0),
    })
  }

  /** Ends the call. Only the first `end` or `fail` counts. `ago`: how many milliseconds ago the call ended. */
  end(info?: PointInfo, ago?: number): void {
    this.#close(() => this.profiler.end(info, ago))
  }

  fail(error: unknown, info?: PointInfo, ago?: number): void {
    this.#close(() => this.profiler.fail(error, info, ago))
  }

  #close(close: () => void): void {
    if (!this.#open) return
    this.#open = false
    try {
      close()
    } finally {
      this.#root.close()
      this.#release()
    }
  }
}
