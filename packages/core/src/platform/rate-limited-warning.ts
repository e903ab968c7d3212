import { emitWarning, Map, Number, performance } from './platform.js'

/** The minimum time between two warnings of the same kind, so that frequent events do not flood a log. */
const MIN_INTERVAL_MS = 60_000

/**
 * Emits a warning at most once a minute per kind. Returns whether the warning was emitted. `describe` must not quote
 * text that came from outside the process.
 */
export type RateLimitedWarning = (kind: string, code: string, describe: (heldBack: number) => string) => boolean

/**
 * Creates a `RateLimitedWarning`. `describe` receives the number of warnings of the same kind that were suppressed
 * since the last emitted one.
 */
export function createRateLimitedWarning(): RateLimitedWarning {
  const lastWarnings = new Map<string, { at: number; heldBack: number }>()
  return (kind, code, describe) => {
    const now = performance.now()
    const last = lastWarnings.get(kind) ?? { at: Number.NEGATIVE_INFINITY, heldBack: 0 }
    if (now - last.at < MIN_INTERVAL_MS) {
      last.heldBack++
      return false
    }
    lastWarnings.set(kind, { at: now, heldBack: 0 })
    emitWarning(describe(last.heldBack), { code })
    return true
  }
}
