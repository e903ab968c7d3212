const MICROTASKS_PER_TICK = 24
const TICKS_PER_TURN = 2
/** Number of event loop turns that follow the program's last pending callback, so that late steps are noticed. */
const REST_TURNS = 2
/** This time is longer than the 100 ms after which OSProfiler reads the state of an unhandled promise. */
const LONG_REST_MS = 120
const LONG_REST_TURNS = 1_000
const QUIET_TURNS = 10

/**
 * Counts the event loop's turns, the ticks of `process.nextTick` in each turn, and the microtasks in each tick. Each
 * step of a compared program includes the count, so that even a delay of one microtask is seen.
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
    /** `setImmediate` for the program. The clock runs until no callback is pending. */
    setImmediate(fn, ...args) {
      waiting++
      setImmediate(() => {
        waiting--
        fn(...args)
      })
    },
    /**
     * Calls `fn` after a long time. This is possible only once, because two such timers could fire in either order. The
     * turns during this time do not count.
     */
    rest(fn) {
      if (rested) return this.setImmediate(fn)
      rested = true
      waiting++
      const begun = now.turn
      setTimeout(function wake() {
        // If the machine stalled, the timer fires before all other pending callbacks.
        if (now.turn < begun + QUIET_TURNS) return void setImmediate(wake)
        waiting--
        now.turn = LONG_REST_TURNS
        now.tick = 0
        play()
        fn()
      }, LONG_REST_MS)
    },
    /** Calls `begin` in the first turn, and resolves when the program has nothing left to do. */
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
