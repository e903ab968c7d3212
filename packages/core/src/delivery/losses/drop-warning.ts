import type { Driver } from '../../driver/driver.js'
import { Math, Set } from '../../platform/platform.js'
import { createRateLimitedWarning } from '../../platform/rate-limited-warning.js'

/** What is warned of: that the queue is full, that not even roots find room in it, or that the store refuses records. */
export type DropCause = 'queue-full' | 'roots' | 'refused'

const MIB = 1024 * 1024

/**
 * Warns that records are dropped: of each cause once until all that waits is written, or it would go unnoticed.
 *
 * @param isHeard whether the program listens to what is warned of here
 */
export function createDropWarning(
  driver: Driver,
  limits: { readonly maxRecords: number; readonly maxBytes: number },
  isHeard: () => boolean,
) {
  const warnRarely = createRateLimitedWarning()
  const warned = new Set<DropCause>()

  function describe(cause: DropCause, reason: string): string {
    const store = `the store (${driver.name})`
    const bounds = `${limits.maxRecords} records or ${showBytes(limits.maxBytes)}`
    const more = 'notifier.stats has the numbers.'
    if (cause === 'refused' && reason !== '') return `Records are dropped: ${store} refuses them. ${reason} ${more}`
    if (cause === 'refused') return `Records are dropped: ${store} refuses them; ${more}`
    if (cause === 'roots') return `Even records of roots are dropped: their part of the queue is full, too; ${more}`
    return `Records are dropped: ${bounds} wait for ${store}, which takes fewer than come. See maxRecords and maxBytes; ${more}`
  }

  return {
    /** @param reason a sentence that holds no secret, or nothing */
    dropped(cause: DropCause, reason = ''): void {
      if (warned.has(cause) || isHeard()) return
      if (warnRarely(cause, 'OSPROFILER_RECORDS_DROPPED', () => describe(cause, reason))) warned.add(cause)
    },
    /** To be called when nothing waits any more. */
    over: (): void => warned.clear(),
  }
}

function showBytes(bytes: number): string {
  return bytes < MIB ? `${bytes} bytes` : `${Math.round(bytes / MIB)} MiB`
}
