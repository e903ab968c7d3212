import { Math, Number, performance } from '../platform/platform.js'

/**
 * Creates a token bucket that lets `perSecond` events per second pass, in bursts of at most `perSecond` events. The
 * returned function returns whether one more event may pass.
 */
export function createRateLimit(perSecond: number): () => boolean {
  // With an infinite rate, two calls in the same millisecond would compute infinity times 0, which is NaN.
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
