import { createAgingSet } from './aging-set.js'

/** Function that looks at work which a trace has left open, such as a response that was not read. */
export type Look = () => void

// A program that uses a response after its trace has ended does so within this time.
const GRACE_MS = 50

const due = createAgingSet<Look>(GRACE_MS, look => {
  due.delete(look)
  look()
})

/** Calls `look`, which must not throw, after a short while, or before the records are next delivered. */
export function lookSoon(look: Look): void {
  due.add(look)
}

/** Cancels `lookSoon`. */
export function forgetLook(look: Look): void {
  due.delete(look)
}

/** Runs all pending looks now, so that a delivery includes what they record. */
export function lookAtLeftovers(): void {
  due.lookAtAll()
}
