import { OsprofilerError } from '@osprofiler/core'
import { Math, Promise, Set } from '@osprofiler/core/toolkit'
import { createHostLookup } from '../opening/host-lookup.js'
import type { StoreDriver, StoreLifetime } from '../opening/store-driver.js'
import { createAbortableWork } from './abortable-work.js'
import { isDoneWithin } from './hold.js'

/** How long a driver may be used: until it is closed, and a batch that it is writing then is still written. */
export interface DriverLifetime extends StoreLifetime {
  readonly isOpen: boolean
  /** Has `close` wait for a write. Resolves to what that resolves to. */
  trackWrite<Result>(write: Promise<Result>): Promise<Result>
  /** Ends it, once: further calls wait for the first. Resolves within `timeout` milliseconds, whatever hangs. */
  close(timeout: number | undefined, store: Pick<StoreDriver, 'settle' | 'leave' | 'cut'>): Promise<void>
}

/** For how long `close` waits where it is not told. */
const CLOSE_TIMEOUT_MS = 5_000
/** What of its time it keeps for taking leave. */
const LEAVE_SHARE = 0.2

/** Begins the life of a driver. */
export function createLifetime(): DriverLifetime {
  const writes = new Set<Promise<unknown>>()
  const hosts = createHostLookup()
  const work = createAbortableWork()
  let closing: Promise<void> | undefined
  let isCut = false

  async function end(
    timeout: number,
    { settle, leave, cut }: Pick<StoreDriver, 'settle' | 'leave' | 'cut'>,
  ): Promise<void> {
    hosts.leaveSystem()
    const settled = await isDoneWithin(timeout * (1 - LEAVE_SHARE), Promise.allSettled([...writes, settle?.()]))
    // A server that hangs is not taken leave of.
    if (settled && leave !== undefined) await isDoneWithin(timeout * LEAVE_SHARE, leave())
    isCut = true
    hosts.end()
    work.abort()
    cut?.()
  }

  return {
    lookup: hosts.lookup,
    run: work.run,
    get isOpen() {
      return closing === undefined
    },
    checkOpen() {
      if (closing !== undefined) throw storeClosed()
    },
    checkMayConnect() {
      if (isCut) throw storeClosed()
    },
    async trackWrite(write) {
      writes.add(write)
      try {
        return await write
      } finally {
        writes.delete(write)
      }
    },
    close(timeout = CLOSE_TIMEOUT_MS, store) {
      closing ??= end(Math.max(0, timeout), store)
      return closing
    },
  }
}

/** What whoever uses a driver is told that was closed. */
function storeClosed(): OsprofilerError {
  return new OsprofilerError('ERR_STORE', 'This store was closed. Open it again with openDriver().')
}
