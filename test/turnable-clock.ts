import nodeProcess from 'node:process'

// The packages read Node's clocks and `emitWarning` when they load. This module gives the packages functions that look
// up the current clock at each call. A test can then change a clock or see a warning. Other tests check the real
// behavior, in separate processes.

// Test files that share a process also share the loaded packages, so the clocks must be replaced only once.
const APPLIED = Symbol.for('osprofiler.test.turnable-clock')
if (!(APPLIED in globalThis)) {
  Object.defineProperty(globalThis, APPLIED, { value: true })
  makeTurnable()
}

function makeTurnable(): void {
  const { getPrototypeOf, getOwnPropertyDescriptor } = Object

  const dateNow = Date.now
  let asking = false
  function askNow(): number {
    if (asking) return dateNow()
    asking = true
    try {
      return globalThis.Date.now()
    } finally {
      asking = false
    }
  }
  // A bound function has the source text of a built-in function. The packages ignore all other clocks.
  Date.now = askNow.bind(undefined)

  const clock: Performance = getPrototypeOf(performance)
  const { now } = clock
  clock.now = function (this: Performance) {
    const turned: unknown = getOwnPropertyDescriptor(performance, 'now')?.value
    return typeof turned === 'function' ? turned() : now.call(this)
  }

  const { emitWarning } = nodeProcess
  const warn = ((...warning: [string | Error]) => {
    const watched = nodeProcess.emitWarning
    Reflect.apply(watched === warn ? emitWarning : watched, nodeProcess, warning)
  }) as typeof emitWarning
  nodeProcess.emitWarning = warn
}
