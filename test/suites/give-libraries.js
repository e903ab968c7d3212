import Module from 'node:module'
import { instrument } from '@osprofiler/instruments'

/**
 * Libraries that run from their source, where the instruments cannot find them. `file` matches the file that their
 * tests load.
 */
const SOURCES = [{ library: 'ioredis', file: /[\\/]ioredis[\\/]lib[\\/]Redis\.ts$/, exports: './index' }]

/** Gives such libraries to the instruments, as a program with a bundled library does. */
export function giveLibraries(options) {
  const { load } = Module.prototype
  Module.prototype.load = function (filename, ...more) {
    const result = load.call(this, filename, ...more)
    for (const { library, file, exports } of SOURCES) {
      // The call is deferred, because other files of the library may be waiting for this one.
      if (file.test(filename)) queueMicrotask(() => give(library, this.require(exports)))
    }
    return result
  }

  function give(library, exports) {
    instrument([library], { ...options, libraries: { [library]: exports } })
  }
}
