import type { Driver } from '../../driver/driver.js'
import { Math, Set } from '../../platform/platform.js'
import { createRateLimitedWarning } from '../../platform/rate-limited-warning.js'

/**
 * The cause of a drop.
 * - `queue-full`: the queue is full.
 * - `roots`: the queue is full, including the part that is reserved for root points.
 * - `refused`: the store refuses the records.
 */
export type DropCause = 'queue-full' | 'roots' | 'refused'

const MIB = 1024 * 1024

/**
 * Warns about dropped records, unless the application listens for drops (`hasListener`). Repeats the warning about a
 * cause only if the queue was empty in the meantime.
 */
export function createDropWarning(
  driver: Driver,
  limits: { readonly maxRecords: number; readonly maxBytes: number },
  hasListener: () => boolean,
) {
  const warnRarely = createRateLimitedWarning()
  const warned = new Set<DropCause>()

  function describe(cause: DropCause, reason: string): string {
    const store = `the store (${driver.name})`
    const bounds = `${limits.maxRecords} records or ${formatBytes(limits.maxBytes)}`
    const whereToLook = 'notifier.stats has the numbers.'
    if (cause === 'refused' && reason !== '')
      return `Records are dropped: ${store} refuses them. ${reason} ${whereToLook}`
    if (cause === 'refused') return `Records are dropped: ${store} refuses them; ${whereToLook}`
    if (cause === 'roots')
      return `Even records of roots are dropped: their share of the queue is also full; ${whereToLook}`
    return `Records are dropped: ${bounds} wait for ${store}, which takes them too slowly. See maxRecords and maxBytes; ${whereToLook}`
  }

  return {
    /** @param reason a sentence that contains no secret, or an empty string */
    warnOfDrop(cause: DropCause, reason = ''): void {
      if (warned.has(cause) || hasListener()) return
      if (warnRarely(cause, 'OSPROFILER_RECORDS_DROPPED', () => describe(cause, reason))) warned.add(cause)
    },
    /** Must be called when no more records wait. */
    queueEmptied: (): void => warned.clear(),
  }
}

function formatBytes(bytes: number): string {
  return bytes < MIB ? `${bytes} bytes` : `${Math.round(bytes / MIB)} MiB`
}
