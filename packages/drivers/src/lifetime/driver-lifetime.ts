import { OsprofilerError } from '@osprofiler/core'
import { Math, Number, Promise, Set } from '@osprofiler/core/toolkit'
import { createHostLookup } from '../opening/host-lookup.js'
import type { StoreDriver, StoreLifetime } from '../opening/store-driver.js'
import { createAbortableWork } from './abortable-work.js'
import { isDoneWithin } from './hold.js'

/** The lifetime of a driver, which ends with `close`. A batch that is being written then is still written. */
export interface DriverLifetime extends StoreLifetime {
  readonly isOpen: boolean
  /** Makes `close` wait for a write. Resolves to the result of the write. */
  trackWrite<Result>(write: Promise<Result>): Promise<Result>
  /**
   * Ends the lifetime, once. Resolves within `timeout` milliseconds, even if something hangs. If `timeout` is not a
   * number, the default applies.
   */
  close(timeout: number | undefined, store: Pick<StoreDriver, 'settle' | 'leave' | 'cut'>): Promise<void>
}

const CLOSE_TIMEOUT_MS = 5_000
/** The share of the timeout that is reserved for taking leave of the server. */
const LEAVE_SHARE = 0.2

/** Starts the lifetime of one driver, with a host lookup of its own. */
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
    // The driver does not take leave of a server that hangs.
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
      const bound = Math.max(0, timeout)
      closing ??= end(Number.isNaN(bound) ? CLOSE_TIMEOUT_MS : bound, store)
      return closing
    },
  }
}

function storeClosed(): OsprofilerError {
  return new OsprofilerError('ERR_STORE', 'This store was closed. Open it again with openDriver().')
}
