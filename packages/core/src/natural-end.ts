import { shared } from './shared-state.js'

type Flush = () => Promise<void>

const flushes = shared('natural-end', () => {
  const registered = new Set<Flush>()
  process.on('beforeExit', () => {
    // Once each: a store that is gone must not hold up the end again and again.
    const waiting = [...registered]
    registered.clear()
    for (const flush of waiting) void flush()
  })
  return registered
})

/** Has `flush` called once when the process comes to its natural end, until the returned function is called. */
export function atNaturalEnd(flush: Flush): () => void {
  flushes.add(flush)
  return () => flushes.delete(flush)
}
