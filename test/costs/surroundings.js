// Makes the machine and the time look the same to the program everywhere. Import this module first, because the
// packages read Node's clocks and the host name when they load.

import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

const ORIGIN_MS = Date.UTC(2026, 0, 1)
const STEP_MS = 0.01

os.hostname = () => 'host-of-the-workloads'
syncBuiltinESMExports()

// Each reading of a clock returns a time that is later by a fixed step, so that durations have the same digits in each
// run.
let elapsedMs = 1_000
const elapse = () => {
  elapsedMs += STEP_MS
  return elapsedMs
}
// The functions are bound, so that their source text is that of a native function. The packages ignore clocks that do
// not look native.
Date.now = (() => Math.floor(ORIGIN_MS + elapse())).bind(undefined)
Object.defineProperties(Object.getPrototypeOf(performance), {
  now: { value: elapse },
  timeOrigin: { get: () => ORIGIN_MS },
})
