import { Promise } from '@osprofiler/core/toolkit'

/** Bounds how many calls are served at the same time. */
export interface ConcurrencyLimit {
  /** Runs `work` when there is a slot for it, in the order of the calls. `work` does not reject. */
  run(work: () => Promise<void>): void
  /** Resolves when nothing runs. What has no slot yet is dropped. */
  drain(): Promise<void>
}

export function createConcurrencyLimit(count: number): ConcurrencyLimit {
  const waiting: (() => Promise<void>)[] = []
  let running = 0
  let onIdle: () => void = () => undefined

  async function occupy(work: () => Promise<void>): Promise<void> {
    running++
    await work()
    running--
    const next = waiting.shift()
    if (next !== undefined) void occupy(next)
    else if (running === 0) onIdle()
  }

  return {
    run(work) {
      if (running < count) void occupy(work)
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
