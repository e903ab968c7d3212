import { Refusal } from '../answers/respond.js'

/** A limit for the number of tasks that run at the same time. */
export interface WorkLimit {
  /** Throws a Refusal with status 503 if too many tasks are waiting already. */
  run<Result>(work: () => Promise<Result>): Promise<Result>
}

/**
 * Limits how many reports are in memory, because the report of a large trace takes hundreds of megabytes. At most
 * `maxRunning` tasks run at once, and at most `maxWaiting` more may wait.
 */
export function createWorkLimit(maxRunning: number, maxWaiting: number): WorkLimit {
  const queue: (() => void)[] = []
  let running = 0

  return {
    async run(work) {
      if (running < maxRunning) running++
      else if (queue.length < maxWaiting) await new Promise<void>(resolve => queue.push(resolve))
      else throw new Refusal(503, 'Too many traces are being read. Try again in a moment.', { 'Retry-After': 1 })
      try {
        return await work()
      } finally {
        const next = queue.shift()
        if (next === undefined) running--
        else next()
      }
    },
  }
}
