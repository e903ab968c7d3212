import {
  AbortController,
  clearTimeout,
  cutAtExit,
  Error,
  Number,
  Object,
  Set,
  setTimeout,
} from '@osprofiler/core/toolkit'

/** What the client of a store does, which ends also where the server hangs. */
export interface AbortableWork {
  /**
   * Does it. `end` is aborted where it is still under way when the time of the program's natural end is over, when
   * `abort` is called, or after `limit` milliseconds. Its reason is an error that says which, and that can be shown.
   */
  run<Result>(work: (end: AbortSignal) => Promise<Result>, limit?: number): Promise<Result>
  /** Ends all of it: the store is closed. */
  abort(): void
}

/** Begins with nothing under way. */
export function createAbortableWork(): AbortableWork {
  const underWay = new Set<AbortController>()
  return {
    async run(work, limit) {
      const controller = new AbortController()
      const abort = (reason: string) => controller.abort(noAnswer(reason))
      const late = () => abort(`it gave no answer within ${Number(limit) / 1_000} s`)
      const timer = limit === undefined ? undefined : setTimeout(late, limit).unref()
      const forget = cutAtExit(() => abort('it gave no answer before the program ended'))
      underWay.add(controller)
      try {
        return await work(controller.signal)
      } finally {
        clearTimeout(timer)
        forget()
        underWay.delete(controller)
      }
    },
    abort() {
      for (const controller of underWay) controller.abort(noAnswer('it was closed, and had given no answer'))
    },
  }
}

function noAnswer(message: string): Error {
  return Object.assign(new Error(message), { name: 'NoAnswer' })
}
