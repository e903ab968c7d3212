import { Map, Number, performance, setTimeout } from './platform.js'

/** Looks at one thing that a trace has left behind. */
export type Look = () => void

// A program that goes on with an answer of a trace which is over does so within this time.
const GRACE_MS = 50

/** With the time from which each has waited, the oldest first. */
const due = new Map<Look, number>()
let planned = false

/** Calls `look`, which must not throw, after a short while, or before the records are next delivered. */
export function lookSoon(look: Look): void {
  due.set(look, performance.now())
  plan()
}

/** Takes back `lookSoon`. */
export function forgetLook(look: Look): void {
  due.delete(look)
}

/** Looks at everything that traces have left behind, now: for code that delivers the records. */
export function lookAtLeftovers(): void {
  lookAtThose(Number.POSITIVE_INFINITY)
}

function plan(): void {
  if (planned || due.size === 0) return
  planned = true
  setTimeout(() => {
    planned = false
    lookAtThose(performance.now() - GRACE_MS)
    plan()
  }, GRACE_MS).unref()
}

function lookAtThose(since: number): void {
  for (const [look, waitsSince] of [...due]) {
    if (waitsSince > since) break
    due.delete(look)
    look()
  }
}
