import { type Osprofiler, setup } from './setup.js'

/**
 * Sets up OSProfiler from the environment before the application is loaded, without any code in the application:
 *
 *     node --import @osprofiler/node/register app.js
 *
 * A mistake in the environment causes a process warning, and the application starts anyway. Waiting records are
 * delivered when the process ends normally. Signals are not handled, because a listener would change what they do. An
 * application that calls `process.exit()` must import this `osprofiler` and await `close()` first.
 *
 * Worker threads inherit `--import`, except those of our own drivers. Each thread has its own queue and connection,
 * opened for its first record. A message to a thread does not carry the trace, so start a trace in the thread with
 * `run()`.
 */
export const osprofiler: Osprofiler = setup()
