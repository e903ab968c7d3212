import { Promise, performance, setImmediate } from '../../platform/platform.js'

/** A loop runs for at most this time before other work of the process gets a turn. */
const MAX_SLICE_MS = 6

/** Lets other work of the process run from time to time. */
export interface Slices {
  /**
   * Must be called in each round of a long loop. Returns a promise if the loop must wait for other work, and
   * `undefined` otherwise.
   */
  next(): Promise<void> | undefined
}

/** Creates slices. The first slice begins now. */
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
