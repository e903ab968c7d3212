import { Promise, performance, setImmediate } from '../../platform/platform.js'

/** Other work of the process waits at most this long. */
const MAX_SLICE_MS = 8
const CHECK_EVERY = 64

/** Lets other work of the process run from time to time. */
export interface Slices {
  /** Must be called in each round of a long loop. */
  next(): Promise<void> | undefined
}

export function createSlices(): Slices {
  let startedAt = performance.now()
  let rounds = 0
  return {
    next() {
      if (++rounds % CHECK_EVERY !== 0 || performance.now() - startedAt < MAX_SLICE_MS) return undefined
      return new Promise(resolve => {
        setImmediate(() => {
          startedAt = performance.now()
          resolve()
        })
      })
    },
  }
}
