import { Math, performance } from '../platform/platform.js'

/** A function that says whether one more may pass: `perSecond` in any second, as many at once (a token bucket). */
export function createRateLimit(perSecond: number): () => boolean {
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
