import { process } from '../../platform/platform.js'
import type { Collection } from './recording.js'

/**
 * Reports garbage collections until the returned function is called. Reports nothing if the runtime has no events for
 * collections.
 */
export function watchCollections(onCollections: (list: readonly Collection[]) => void): () => void {
  try {
    return startWatching(onCollections)
  } catch {
    return () => undefined
  }
}

function startWatching(onCollections: (list: readonly Collection[]) => void): () => void {
  const perfHooks = process.getBuiltinModule('node:perf_hooks')
  const report = (entries: readonly { startTime: number; duration: number }[]): void =>
    onCollections(
      entries.map(entry => {
        const { kind = 0 } = (entry as { detail?: { kind?: number } }).detail ?? {}
        return { from: entry.startTime, to: entry.startTime + entry.duration, kind }
      }),
    )
  const observer = new perfHooks.PerformanceObserver(list => report(list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  return () => {
    report(observer.takeRecords())
    observer.disconnect()
  }
}
