import { clampTimeout } from '../../platform/clamp-timeout.js'
import { clearTimeout, Promise, setTimeout } from '../../platform/platform.js'

/** The pause between two tries. */
export type Pause = ReturnType<typeof createPause>

/** A pause never keeps the process alive. */
export function createPause() {
  let timer: NodeJS.Timeout | undefined
  let finish: (() => void) | undefined
  let isResting = false
  return {
    /** Whether each pause lasts until `end` is called. */
    get isResting(): boolean {
      return isResting
    },
    /** Waits so many milliseconds, or until `end` is called. */
    wait: (ms: number): Promise<void> =>
      new Promise(resolve => {
        if (!isResting) timer = setTimeout(resolve, clampTimeout(ms)).unref()
        finish = resolve
      }),
    end(): void {
      isResting = false
      clearTimeout(timer)
      finish?.()
    },
    /** Has this pause, and each one that follows, last so. */
    rest(): void {
      isResting = true
      clearTimeout(timer)
    },
  }
}
