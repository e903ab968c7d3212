import { Atomics, Int32Array, Promise, process, Set, SharedArrayBuffer } from '@osprofiler/core/platform'
import { Math, performance } from '@osprofiler/core/toolkit'

/**
 * Lets a thread leave native code before the process ends. When the process exits, Node stops its threads at any point.
 * If an addon throws in a thread that is being stopped, the whole process aborts. Therefore the exit waits until the
 * thread has left native code, and the thread does not enter native code again.
 */
export interface ExitGuard {
  /** Runs native code. Never resolves if the process is ending. */
  run<Result>(work: () => Result): Promise<Result>
}

const BUSY_INDEX = 0
const EXITING_INDEX = 1
const MAX_EXIT_WAIT_MS = 2_000

const watchedSignals = new Set<ExitSignal>()

/** The memory that the process and the thread share. */
export type ExitSignal = Int32Array<SharedArrayBuffer>

/** Creates the signal for one thread. The process passes the signal to the thread and to `watchExit`. */
export function createExitSignal(): ExitSignal {
  return new Int32Array(new SharedArrayBuffer(8))
}

/**
 * Makes the exit of this process wait for the thread that owns the signal. The returned function ends this behavior.
 */
export function watchExit(signal: ExitSignal): () => void {
  // All threads share one listener, because Node warns if an event has more than ten listeners.
  if (watchedSignals.size === 0) process.on('exit', waitForThreads)
  watchedSignals.add(signal)
  return () => {
    if (watchedSignals.delete(signal) && watchedSignals.size === 0) process.off('exit', waitForThreads)
  }
}

/**
 * Prevents the thread from entering native code again. Returns whether the thread is currently outside of native code.
 */
export function blockNativeCode(signal: ExitSignal): boolean {
  Atomics.store(signal, EXITING_INDEX, 1)
  return Atomics.load(signal, BUSY_INDEX) === 0
}

/** Creates the `ExitGuard` for use inside the thread. */
export function createExitGuard(signal: ExitSignal): ExitGuard {
  return {
    async run(work) {
      Atomics.store(signal, BUSY_INDEX, 1)
      try {
        // The busy flag was set before this check. In the opposite order, the process could end between the check and
        // the call.
        if (Atomics.load(signal, EXITING_INDEX) === 0) return work()
      } finally {
        Atomics.store(signal, BUSY_INDEX, 0)
        Atomics.notify(signal, BUSY_INDEX)
      }
      return new Promise(() => undefined)
    },
  }
}

function waitForThreads(): void {
  for (const signal of watchedSignals) Atomics.store(signal, EXITING_INDEX, 1)
  const deadline = performance.now() + MAX_EXIT_WAIT_MS
  for (const signal of watchedSignals) Atomics.wait(signal, BUSY_INDEX, 1, Math.max(0, deadline - performance.now()))
}
