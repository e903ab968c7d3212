import { emitWarning } from '@osprofiler/core/toolkit'
import { type Osprofiler, setup } from './setup.js'

/**
 * Sets OSProfiler up from the environment before the program is loaded, with no line of code in it:
 *
 *     node --import @osprofiler/node/register app.js
 *
 * A mistake in the environment is a warning of the process: the program starts all the same, and is not traced. What
 * waits when the program comes to its natural end is delivered. No signal is listened to, for that would change what
 * signals do: a program that ends itself by `process.exit()` imports this `osprofiler` and awaits `close()` first.
 *
 * Worker threads inherit `--import`, so they are set up as well, each with a queue and a connection of its own, made
 * when it first has a record. A trace does not follow a message to a thread by itself: start one there with `run()`.
 * The threads of our own drivers do not inherit it.
 */
export const osprofiler: Osprofiler | undefined = setupFromEnvironment()

function setupFromEnvironment(): Osprofiler | undefined {
  try {
    return setup()
  } catch (error) {
    emitWarning(`Nothing is traced: ${(error as Error).message}`, { code: 'OSPROFILER_CONFIGURATION' })
    stayUntraced()
    return undefined
  }
}

/** Else the middleware would trace, by the part of the environment that can be understood, into nothing. */
function stayUntraced(): void {
  try {
    setup({ enabled: false, notifier: () => undefined, instruments: [], propagateTo: [] })
  } catch {
    // It is the keys that cannot be understood: then the middleware refuses by itself.
  }
}
