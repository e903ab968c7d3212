import type { Driver } from '../../driver/driver.js'
import { Math, Set } from '../../platform/platform.js'
import { createRateLimitedWarning } from '../../platform/rate-limited-warning.js'

/** The cause of a drop: the queue is full, even its reserve for roots is full, or the store refuses records. */
export type DropCause = 'queue-full' | 'roots' | 'refused'

const MIB = 1024 * 1024

/** Warns of dropped records, once per cause until nothing waits, unless the program listens for drops (`isHeard`). */
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
    /** @param reason a sentence that holds no secret, or an empty string */
    dropped(cause: DropCause, reason = ''): void {
      if (warned.has(cause) || isHeard()) return
      if (warnRarely(cause, 'OSPROFILER_RECORDS_DROPPED', () => describe(cause, reason))) warned.add(cause)
    },
    /** Must be called when no records wait any more. */
    over: (): void => warned.clear(),
  }
}

function showBytes(bytes: number): string {
  return bytes < MIB ? `${bytes} bytes` : `${Math.round(bytes / MIB)} MiB`
}
