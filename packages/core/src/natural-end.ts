import { process, Set } from './platform.js'
import { shared } from './shared-state.js'

/** Resolves to whether all could be delivered. */
type Flush = () => Promise<boolean>

const ends = shared('natural-ends', () => {
  const flushes = new Set<Flush>()

  function flushAll(): void {
    for (const flush of flushes) {
      // One that fails is not tried again: a store that is gone must not hold up the end for ever.
      void flush().then(delivered => delivered || forget(flush))
    }
  }

  function forget(flush: Flush): void {
    if (flushes.delete(flush) && flushes.size === 0) process.off('beforeExit', flushAll)
  }

  function add(flush: Flush): void {
    // One listener for all, and only while there is something to deliver: the program can see listeners.
    if (flushes.size === 0) process.on('beforeExit', flushAll)
    flushes.add(flush)
  }

  return { add, forget }
})

/** Has `flush` called when the process comes to its natural end, until the returned function is called. */
export function atNaturalEnd(flush: Flush): () => void {
  ends.add(flush)
  return () => ends.forget(flush)
}
