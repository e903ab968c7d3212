const MICROTASKS_PER_TICK = 24
const TICKS_PER_TURN = 2
/** Turns that are played after the last one that the program waited for: what comes late has to show as well. */
const REST_TURNS = 2
/** Longer than the product leaves a promise alone that nobody handles. */
const LONG_REST_MS = 120
const LONG_REST_TURNS = 1_000
const QUIET_TURNS = 10

/**
 * Counts the turns of the event loop, the ticks of `process.nextTick` within each, and the microtasks within each of
 * these. Steps of a program that is compared carry the count, so a promise that settles one microtask later shows.
 */
export function createClock() {
  const now = { turn: 0, tick: 0, microtask: 0 }
  let waiting = 0
  let rested = false

  async function play() {
    for (now.microtask = 0; now.microtask < MICROTASKS_PER_TICK; now.microtask++) await undefined
    if (now.tick < TICKS_PER_TURN) process.nextTick(nextTick)
  }

  function nextTick() {
    now.tick++
    play()
  }

  return {
    read: () => `${now.turn}.${now.tick}.${now.microtask}`,
    /** `setImmediate` for the program: the clock goes on until nothing waits for it. */
    setImmediate(fn, ...args) {
      waiting++
      setImmediate(() => {
        waiting--
        fn(...args)
      })
    },
    /** Calls `fn` after a long time, once: two of these could come in either order. How many turns go by does not count. */
    rest(fn) {
      if (rested) return this.setImmediate(fn)
      rested = true
      waiting++
      const begun = now.turn
      setTimeout(function wake() {
        // On a machine that stood still, the timer comes before all else that waits.
        if (now.turn < begun + QUIET_TURNS) return void setImmediate(wake)
        waiting--
        now.turn = LONG_REST_TURNS
        now.tick = 0
        play()
        fn()
      }, LONG_REST_MS)
    },
    /** Calls `begin` in the first turn, and resolves when the program has come to rest. */
    async run(begin) {
      play()
      begin()
      for (let rest = REST_TURNS; rest > 0; rest = waiting > 0 ? REST_TURNS : rest - 1) {
        await new Promise(resolve => setImmediate(resolve))
        now.turn++
        now.tick = 0
        play()
      }
      await new Promise(resolve => setImmediate(resolve))
    },
  }
}
