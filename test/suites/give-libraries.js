import Module from 'node:module'
import { instrument } from '@osprofiler/instruments'

/** By the file that their tests load: libraries whose source is run, where no instrument finds it by itself. */
const SOURCES = [{ library: 'ioredis', file: /[\\/]ioredis[\\/]lib[\\/]Redis\.ts$/, exports: './index' }]

/** Hands such libraries over, as the program that has one in a bundle does. */
export function giveLibraries(options) {
  const { load } = Module.prototype
  Module.prototype.load = function (filename, ...more) {
    const result = load.call(this, filename, ...more)
    for (const { library, file, exports } of SOURCES) {
      // Later: its other files may be waiting for this one.
      if (file.test(filename)) queueMicrotask(() => give(library, this.require(exports)))
    }
    return result
  }

  function give(library, exports) {
    instrument([library], { ...options, libraries: { [library]: exports } })
  }
}
