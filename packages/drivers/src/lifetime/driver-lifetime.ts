import { OsprofilerError } from '@osprofiler/core'
import { Math, Number, Promise, Set } from '@osprofiler/core/toolkit'
import { createHostLookup } from '../opening/host-lookup.js'
import type { StoreDriver, StoreLifetime } from '../opening/store-driver.js'
import { createAbortableWork } from './abortable-work.js'
import { endsWithin } from './hold.js'

/** The lifetime of a driver, which ends with `close`. `close` first waits for the writes that are in progress. */
export interface DriverLifetime extends StoreLifetime {
  readonly isOpen: boolean
  /** Makes `close` wait for a write. Resolves to the result of the write. */
  trackWrite<Result>(write: Promise<Result>): Promise<Result>
  /**
   * Ends the lifetime. Further calls have no effect. Resolves within `timeout` milliseconds, even if the store hangs.
   * If `timeout` is not a number, the default timeout applies.
   */
  close(timeout: number | undefined, store: Pick<StoreDriver, 'finishWork' | 'disconnect' | 'destroy'>): Promise<void>
}

const CLOSE_TIMEOUT_MS = 5_000
/** The share of the timeout that is reserved for disconnecting from the server. */
const DISCONNECT_SHARE = 0.2

/** Starts the lifetime of one driver, with its own host lookup. */
export function createLifetime(): DriverLifetime {
  const writes = new Set<Promise<unknown>>()
  const hosts = createHostLookup()
  const work = createAbortableWork()
  let closing: Promise<void> | undefined
  let isDestroyed = false

  async function endLifetime(
    timeout: number,
    { finishWork, disconnect, destroy }: Pick<StoreDriver, 'finishWork' | 'disconnect' | 'destroy'>,
  ): Promise<void> {
    hosts.stopSystemLookups()
    const settled = await endsWithin(timeout * (1 - DISCONNECT_SHARE), Promise.allSettled([...writes, finishWork?.()]))
    // The wait for `disconnect` has a time limit, because the server may hang.
    if (settled && disconnect !== undefined) await endsWithin(timeout * DISCONNECT_SHARE, disconnect())
    isDestroyed = true
    hosts.stop()
    work.abort()
    destroy?.()
  }

  return {
    lookup: hosts.lookup,
    run: work.run,
    get isOpen() {
      return closing === undefined
    },
    checkOpen() {
      if (closing !== undefined) throw createClosedError()
    },
    checkMayConnect() {
      if (isDestroyed) throw createClosedError()
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
      const timeoutMs = Math.max(0, timeout)
      closing ??= endLifetime(Number.isNaN(timeoutMs) ? CLOSE_TIMEOUT_MS : timeoutMs, store)
      return closing
    },
  }
}

function createClosedError(): OsprofilerError {
  return new OsprofilerError('ERR_STORE', 'This store was closed. Open it again with openDriver().')
}
