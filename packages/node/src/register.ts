import { type Osprofiler, setup } from './setup.js'

/**
 * Sets OSProfiler up from the environment before the program is loaded, without code in the program:
 *
 *     node --import @osprofiler/node/register app.js
 *
 * A mistake in the environment is a process warning, and the program starts anyway. Waiting records are delivered at
 * its natural end. A listener would change what signals do, so none is added. A program that calls `process.exit()`
 * imports this `osprofiler` and awaits `close()` first.
 *
 * Worker threads inherit `--import`, except those of our own drivers. Each has a queue and a connection of its own,
 * opened for its first record. A trace does not follow a message to a thread: start one there with `run()`.
 */
export const osprofiler: Osprofiler = setup()
