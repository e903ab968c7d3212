import {
  AbortController,
  clearTimeout,
  Error,
  Number,
  Object,
  process,
  Set,
  setTimeout,
} from '@osprofiler/core/toolkit'

/** For so long the notifier delivers at the natural end of a program; nobody waits any longer. */
const PATIENCE_MS = 5_000

/** What the client of a store does that keeps the process alive, which ends also where the server hangs. */
export interface BoundWork {
  /**
   * Does it. Where it is still under way 5 s after the program came to its natural end, or after `limit` milliseconds,
   * `end` is aborted. Its reason is an error that says which, and that can be shown.
   */
  run<Result>(work: (end: AbortSignal) => Promise<Result>, limit?: number): Promise<Result>
  /** Ends all of it: the store is closed. */
  abort(): void
}

const underWay = new Set<AbortController>()
let isWatched = false

/** To be called when a store is opened: at the end itself, its first write may be what the end waits for. */
export function createBoundWork(): BoundWork {
  // One listener for all stores, for good: Node warns of an eleventh.
  if (!isWatched) process.on('beforeExit', boundEnd)
  isWatched = true
  const own = new Set<AbortController>()
  return {
    async run(work, limit) {
      const controller = new AbortController()
      const abort = () => controller.abort(noAnswer(`it gave no answer within ${Number(limit) / 1_000} s`))
      const timer = limit === undefined ? undefined : setTimeout(abort, limit).unref()
      for (const set of [own, underWay]) set.add(controller)
      try {
        return await work(controller.signal)
      } finally {
        clearTimeout(timer)
        for (const set of [own, underWay]) set.delete(controller)
      }
    },
    abort() {
      for (const controller of own) controller.abort(noAnswer('it was closed, and had given no answer'))
    },
  }
}

function boundEnd(): void {
  setTimeout(() => {
    for (const controller of underWay) controller.abort(noAnswer('it gave no answer before the program ended'))
  }, PATIENCE_MS).unref()
}

function noAnswer(message: string): Error {
  return Object.assign(new Error(message), { name: 'NoAnswer' })
}
