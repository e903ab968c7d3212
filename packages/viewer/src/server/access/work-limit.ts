import { Refusal } from '../answers/respond.js'

/** Limit for pieces of work that run at the same time. */
export interface WorkLimit {
  /** Throws a Refusal 503 if too many wait already. */
  run<Result>(work: () => Promise<Result>): Promise<Result>
}

/**
 * Limits the reports in memory, because those of large traces take hundreds of megabytes each. `abreast` pieces of work
 * may run at once, and `waiting` more may wait for their turn.
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
