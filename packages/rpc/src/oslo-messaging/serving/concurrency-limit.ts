import { Promise } from '@osprofiler/core/toolkit'

/** A limit on the number of calls that a server works on at the same time. */
export interface ConcurrencyLimit {
  /** Runs `work` once a slot is free, in the order of the calls. `work` must not reject. */
  run(work: () => Promise<void>): void
  /** Resolves when no work is running. Work that still waits for a slot is dropped. */
  drain(): Promise<void>
}

/** Creates a limit that runs at most `maxRunning` pieces of work at a time. Further work waits in memory. */
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
