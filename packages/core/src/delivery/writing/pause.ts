import { clampTimeout } from '../../platform/clamp-timeout.js'
import { clearTimeout, Promise, setTimeout } from '../../platform/platform.js'

/** The pause between two tries. */
export interface Pause {
  /** Whether each pause lasts until `end` is called. */
  readonly isResting: boolean
  /** Waits so many milliseconds, or until `end` is called. */
  wait(ms: number): Promise<void>
  end(): void
  /** Has this pause, and each one that follows, last so. */
  rest(): void
}

/** A pause never keeps the process alive. */
export function createPause(): Pause {
  let timer: NodeJS.Timeout | undefined
  let finish: (() => void) | undefined
  let isResting = false
  return {
    get isResting() {
      return isResting
    },
    wait: ms =>
      new Promise(resolve => {
        if (!isResting) timer = setTimeout(resolve, clampTimeout(ms)).unref()
        finish = resolve
      }),
    end() {
      isResting = false
      clearTimeout(timer)
      finish?.()
    },
    rest() {
      isResting = true
      clearTimeout(timer)
    },
  }
}
