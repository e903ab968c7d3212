import { setImmediate as nextTurn } from 'node:timers/promises'

const CALLS_PER_TURN = 100

// After every hundred calls, these functions let the event loop continue, as a server does. Otherwise, exports of spans
// would never end, and waiting spans would fill the heap. OpenTelemetry would then appear several times slower than it
// is.

/** Returns a function that calls `fn` `count` times, with the arguments 0, 1, 2, ... */
export function callOften(fn) {
  return async count => {
    for (let start = 0; start < count; start += CALLS_PER_TURN) {
      for (let i = start; i < Math.min(start + CALLS_PER_TURN, count); i++) fn(i)
      await nextTurn()
    }
  }
}

/** Like `callOften`, but awaits each promise before the next call. */
export function awaitOften(fn) {
  return async count => {
    for (let start = 0; start < count; start += CALLS_PER_TURN) {
      for (let i = start; i < Math.min(start + CALLS_PER_TURN, count); i++) await fn(i)
      await nextTurn()
    }
  }
}
