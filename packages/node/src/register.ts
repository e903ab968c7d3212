import { type Osprofiler, setup } from './setup.js'

/**
 * Sets up OSProfiler from the environment before the application is loaded, without any code in the application:
 *
 *     node --import @osprofiler/node/register app.js
 *
 * A mistake in the environment causes a process warning, and the application starts anyway. Waiting records are
 * delivered when the process ends normally. This module does not listen for signals, because a listener would disable a
 * signal's default action. An application that calls `process.exit()` must first import this `osprofiler` and await its
 * `close()`.
 *
 * Worker threads inherit `--import`, except for the threads of our own drivers. Each thread has its own queue and its
 * own connection, which is opened for the thread's first record. A message to a thread does not carry the trace, so
 * start a trace in the thread with `run()`.
 */
export const osprofiler: Osprofiler = setup()
