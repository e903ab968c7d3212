import nodeProcess from 'node:process'

// The packages take Node's clocks, and the way to warn, when they load. In a test they take functions that ask again at
// each call: a test may turn a clock, and see a warning, though no program can. What a program gets is tried in processes.

// Test files that share a process share the packages as well: what these took stays.
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
  // Bound, so that its source text is that of a function of the language: the packages pass over any other.
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
