// Gives the program the same view of machine and time everywhere. Import this module first: the packages take Node's
// clocks and the name of the host when they load.

import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

const ORIGIN_MS = Date.UTC(2026, 0, 1)
const STEP_MS = 0.01

os.hostname = () => 'host-of-the-workloads'
syncBuiltinESMExports()

// Each reading of a clock returns a later time by a fixed step, so that durations have the same digits in each run.
let elapsedMs = 1_000
const elapse = () => {
  elapsedMs += STEP_MS
  return elapsedMs
}
// The functions are bound, so that their source text is that of a native function. The packages ignore any other clock.
Date.now = (() => Math.floor(ORIGIN_MS + elapse())).bind(undefined)
Object.defineProperties(Object.getPrototypeOf(performance), {
  now: { value: elapse },
  timeOrigin: { get: () => ORIGIN_MS },
})
