import Module from 'node:module'
import { instrument } from '@osprofiler/instruments'

/**
 * Libraries that run from their source, where the instruments cannot find them. `file` matches the file that the
 * library's tests load.
 */
const SOURCES = [{ library: 'ioredis', file: /[\\/]ioredis[\\/]lib[\\/]Redis\.ts$/, exports: './index' }]

/** Passes these libraries to the instruments, like a program that bundles a library. */
export function giveLibraries(options) {
  const { load } = Module.prototype
  Module.prototype.load = function (filename, ...more) {
    const result = load.call(this, filename, ...more)
    for (const { library, file, exports } of SOURCES) {
      // The call is deferred, because other files in the library may be waiting for this file.
      if (file.test(filename)) queueMicrotask(() => give(library, this.require(exports)))
    }
    return result
  }

  function give(library, exports) {
    instrument([library], { ...options, libraries: { [library]: exports } })
  }
}
