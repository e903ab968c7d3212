import { Promise } from '@osprofiler/core/toolkit'

/** Limits the number of calls that a server works on at the same time. */
export interface ConcurrencyLimit {
  /** Runs `work` as soon as the limit allows it, in the order in which `run` was called. `work` must not reject. */
  run(work: () => Promise<void>): void
  /** Resolves when no work is running. Drops work that has not started. */
  drain(): Promise<void>
}

/** Creates a limit of `maxRunning` calls of `work` at the same time. Further work waits in memory. */
export function createConcurrencyLimit(maxRunning: number): ConcurrencyLimit {
  const waiting: (() => Promise<void>)[] = []
  let running = 0
  let onIdle: () => void = () => undefined

  async function runInSlot(work: () => Promise<void>): Promise<void> {
    running++
    await work()
    running--
    const next = waiting.shift()
    if (next !== undefined) void runInSlot(next)
    else if (running === 0) onIdle()
  }

  return {
    run(work) {
      if (running < maxRunning) void runInSlot(work)
      else waiting.push(work)
    },
    async drain() {
      waiting.length = 0
      if (running === 0) return
      await new Promise<void>(resolve => {
        onIdle = resolve
      })
    },
  }
}
