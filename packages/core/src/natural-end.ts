import { process, Set } from './platform.js'
import { shared } from './shared-state.js'

/** Resolves to whether all could be delivered. */
type Flush = () => Promise<boolean>

const flushes = shared('natural-end', () => {
  const registered = new Set<Flush>()
  process.on('beforeExit', () => {
    for (const flush of registered) {
      // One that fails is not tried again: a store that is gone must not hold up the end for ever.
      void flush().then(delivered => delivered || registered.delete(flush))
    }
  })
  return registered
})

/** Has `flush` called when the process comes to its natural end, until the returned function is called. */
export function atNaturalEnd(flush: Flush): () => void {
  flushes.add(flush)
  return () => flushes.delete(flush)
}
