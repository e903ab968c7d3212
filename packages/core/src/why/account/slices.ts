import { Promise, performance, setImmediate } from '../../platform/platform.js'

/** Other work of the process waits at most this long. */
const MAX_SLICE_MS = 6

/** Lets other work of the process run from time to time. */
export interface Slices {
  /** Must be called in each round of a long loop. Returns a promise for which the loop must wait now and then. */
  next(): Promise<void> | undefined
}

export function createSlices(): Slices {
  let startedAt = performance.now()
  return {
    next() {
      if (performance.now() - startedAt < MAX_SLICE_MS) return undefined
      return new Promise(resolve => {
        setImmediate(() => {
          startedAt = performance.now()
          resolve()
        })
      })
    },
  }
}
