import { setImmediate as nextTurn } from 'node:timers/promises'

const CALLS_PER_TURN = 100

// The event loop gets regular turns, as in a server. Without these turns, a span export never ends, and waiting spans
// fill the heap. OpenTelemetry would then appear to take several times as long.

/** Returns a function that calls `fn` `count` times, with 0, 1, 2, ... */
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
