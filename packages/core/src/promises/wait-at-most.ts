import { clampTimeout } from '../platform/clamp-timeout.js'
import { clearTimeout, Promise, setTimeout } from '../platform/platform.js'

/** Resolves to the promise's value, or to undefined after `timeoutMs`. Rejects if the promise rejects before that. */
export async function waitAtMost<T>(promise: PromiseLike<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timedOut = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, clampTimeout(timeoutMs), undefined)
  })
  try {
    return await Promise.race([promise, timedOut])
  } finally {
    clearTimeout(timer)
  }
}
