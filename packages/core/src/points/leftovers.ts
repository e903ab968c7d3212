import { createAgingSet } from './aging-set.js'

/** Looks at one thing that a trace has left behind. */
export type Look = () => void

// A program that goes on with an answer of a trace which is over does so within this time.
const GRACE_MS = 50

const due = createAgingSet<Look>(GRACE_MS, look => {
  due.delete(look)
  look()
})

/** Calls `look`, which must not throw, after a short while, or before the records are next delivered. */
export function lookSoon(look: Look): void {
  due.add(look)
}

/** Takes back `lookSoon`. */
export function forgetLook(look: Look): void {
  due.delete(look)
}

/** Looks at everything that traces have left behind, now: for code that delivers the records. */
export function lookAtLeftovers(): void {
  due.lookAtAll()
}
