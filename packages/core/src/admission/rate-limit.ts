import { Math, Number, performance } from '../platform/platform.js'

/** Creates a token bucket, which tells whether one more event may pass: `perSecond` a second, or as many at once. */
export function createRateLimit(perSecond: number): () => boolean {
  // Between two calls at the same time, infinity times 0 milliseconds would be NaN tokens.
  if (perSecond === Number.POSITIVE_INFINITY) return () => true
  const burst = perSecond === 0 ? 0 : Math.max(1, perSecond)
  let tokens = burst
  let filledAt = performance.now()
  return () => {
    const now = performance.now()
    tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1000)
    filledAt = now
    if (tokens < 1) return false
    tokens--
    return true
  }
}
