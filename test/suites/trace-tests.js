import Module from 'node:module'
import { init } from '@osprofiler/core'

const RUNNABLE = /[\\/]mocha[\\/]lib[\\/]runnable\.js$/

/**
 * Traces the code that tests in this process run outside of any request. Mocha starts each test where the previous one
 * ended, which may be untraced code, such as a connection's listener. In that case, the test enters a trace itself.
 */
export function traceTests(hmacKey) {
  const options = { maxPointsPerTrace: Number.MAX_SAFE_INTEGER }
  init(hmacKey, options)
  const { load } = Module.prototype
  Module.prototype.load = function (filename, ...more) {
    const result = load.call(this, filename, ...more)
    if (RUNNABLE.test(filename)) enterFirst(this.exports.prototype)
    return result
  }

  function enterFirst(prototype) {
    const { run } = prototype
    prototype.run = function (...args) {
      init(hmacKey, options)
      return run.apply(this, args)
    }
  }
}
