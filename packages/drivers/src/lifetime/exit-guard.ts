import { Atomics, Int32Array, Promise, process, Set, SharedArrayBuffer } from '@osprofiler/core/platform'
import { Math, performance } from '@osprofiler/core/toolkit'

/**
 * Lets a thread leave native code before the process ends. Node stops threads wherever they are, and an addon that
 * then has something to throw aborts the whole process. So the end waits, for moments, until the thread is out,
 * and the thread does not go in again.
 */
export interface ExitGuard {
  /** Runs something native, or never comes back where the process is ending. */
  run<Result>(work: () => Result): Promise<Result>
}

const BUSY = 0
const LEAVING = 1
const WAIT_MS = 2_000

const watched = new Set<ExitSignal>()

/** The memory through which the two sides see each other. */
export type ExitSignal = Int32Array<SharedArrayBuffer>

/** Makes what both sides share. */
export function createExitSignal(): ExitSignal {
  return new Int32Array(new SharedArrayBuffer(8))
}

/** Makes the end of this process wait for the thread, until the returned function is called. */
export function watchExit(signal: ExitSignal): () => void {
  // One listener for all threads: Node warns of an eleventh.
  if (watched.size === 0) process.on('exit', holdExit)
  watched.add(signal)
  return () => {
    if (watched.delete(signal) && watched.size === 0) process.off('exit', holdExit)
  }
}

/** Has the thread not go into native code again: whether it is out. */
export function haveLeft(signal: ExitSignal): boolean {
  Atomics.store(signal, LEAVING, 1)
  return Atomics.load(signal, BUSY) === 0
}

/** The thread's side. */
export function createExitGuard(signal: ExitSignal): ExitGuard {
  return {
    async run(work) {
      Atomics.store(signal, BUSY, 1)
      try {
        // Looked at only now that we are seen to be busy, or the end could pass by between the two.
        if (Atomics.load(signal, LEAVING) === 0) return work()
      } finally {
        Atomics.store(signal, BUSY, 0)
        Atomics.notify(signal, BUSY)
      }
      return new Promise(() => undefined)
    },
  }
}

function holdExit(): void {
  for (const signal of watched) Atomics.store(signal, LEAVING, 1)
  const deadline = performance.now() + WAIT_MS
  for (const signal of watched) Atomics.wait(signal, BUSY, 1, Math.max(0, deadline - performance.now()))
}
