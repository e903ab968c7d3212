import Module from 'node:module'
import { init } from '@osprofiler/core'

const RUNNABLE = /[\\/]mocha[\\/]lib[\\/]runnable\.js$/

/**
 * Traces what the tests of this process call outside of any request. Mocha starts a test where the one before it ended,
 * which may be where nothing is traced, such as in a listener of a connection: there each test enters a trace itself.
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
