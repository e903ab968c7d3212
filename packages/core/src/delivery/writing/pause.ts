import { clampTimeout } from '../../platform/clamp-timeout.js'
import { clearTimeout, Promise, setTimeout } from '../../platform/platform.js'

/** The pause between two tries. */
export type Pause = ReturnType<typeof createPause>

/** Creates a pause. Its timer never keeps the process alive. */
export function createPause() {
  let timer: NodeJS.Timeout | undefined
  let finish: (() => void) | undefined
  let isSuspended = false
  return {
    get isSuspended(): boolean {
      return isSuspended
    },
    /** Waits `ms` milliseconds, or until `end` is called. */
    wait: (ms: number): Promise<void> =>
      new Promise(resolve => {
        if (!isSuspended) timer = setTimeout(resolve, clampTimeout(ms)).unref()
        finish = resolve
      }),
    end(): void {
      isSuspended = false
      clearTimeout(timer)
      finish?.()
    },
    /** Makes the current pause and all later pauses last until `end` is called. */
    suspend(): void {
      isSuspended = true
      clearTimeout(timer)
    },
  }
}
