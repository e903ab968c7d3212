import { setImmediate as nextTurn } from 'node:timers/promises'

const CALLS_PER_TURN = 100

// After every few calls, lets the event loop continue, as a server does: see ../points/often.js.
function callInTurns(turn) {
  return async count => {
    for (let start = 0; start < count; start += CALLS_PER_TURN) {
      await turn(Math.min(CALLS_PER_TURN, count - start))
      await nextTurn()
    }
  }
}

/**
 * How a caller may treat the promise that an async function returns. Each function resolves after the given number of
 * calls.
 */
export const CALL_PATTERNS = {
  atOnce: call =>
    callInTurns(async calls => {
      for (let i = 0; i < calls; i++) await call(i)
    }),
  later: call =>
    callInTurns(async calls => {
      const promises = []
      for (let i = 0; i < calls; i++) promises.push(call(i))
      await undefined
      for (const promise of promises) await promise
    }),
  never: call =>
    callInTurns(calls => {
      for (let i = 0; i < calls; i++) call(i)
    }),
}
