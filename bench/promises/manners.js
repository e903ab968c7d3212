import { setImmediate as nextTurn } from 'node:timers/promises'

const TURN = 100

// The event loop gets its turn every so often, as it does in a server: see ../points/often.js.
function inTurns(turn) {
  return async count => {
    for (let start = 0; start < count; start += TURN) {
      await turn(Math.min(TURN, count - start))
      await nextTurn()
    }
  }
}

/** What a caller may do with the promise of an asynchronous function: each resolves when it has called so many times. */
export const MANNERS = {
  atOnce: call =>
    inTurns(async calls => {
      for (let i = 0; i < calls; i++) await call(i)
    }),
  later: call =>
    inTurns(async calls => {
      const promises = []
      for (let i = 0; i < calls; i++) promises.push(call(i))
      await undefined
      for (const promise of promises) await promise
    }),
  never: call =>
    inTurns(calls => {
      for (let i = 0; i < calls; i++) call(i)
    }),
}
