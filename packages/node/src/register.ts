import { type Osprofiler, setup } from './setup.js'

/**
 * Sets OSProfiler up from the environment before the program is loaded, with no line of code in it:
 *
 *     node --import @osprofiler/node/register app.js
 *
 * A mistake in the environment is a warning of the process: the program starts all the same. What waits when the program
 * comes to its natural end is delivered. No signal is listened to, for that would change what signals do: a program that
 * ends itself by `process.exit()` imports this `osprofiler` and awaits `close()` first.
 *
 * Worker threads inherit `--import`, so they are set up as well, each with a queue and a connection of its own, made
 * when it first has a record. A trace does not follow a message to a thread by itself: start one there with `run()`.
 * The threads of our own drivers do not inherit it.
 */
export const osprofiler: Osprofiler = setup()
