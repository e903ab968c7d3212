import type { LookupFunction } from 'node:net'
import { OsprofilerError } from '@osprofiler/core'
import { Math, Promise, Set } from '@osprofiler/core/toolkit'
import { createHostLookup } from '../opening/host-lookup.js'
import { isDoneWithin } from './is-done-within.js'

/** How long a driver may be used: until it is closed, and a batch that it is writing then is still written. */
export interface DriverLifetime {
  /** By which the client finds its hosts. It ends with the life. */
  readonly lookup: LookupFunction
  /** @throws OsprofilerError `ERR_STORE` once it has ended. */
  checkOpen(): void
  /**
   * For a write that has yet to connect: one that began before the end may.
   *
   * @throws OsprofilerError `ERR_STORE` once everything was cut.
   */
  checkMayConnect(): void
  /** Has `close` wait for a write. Resolves to what that resolves to. */
  trackWrite<Result>(write: Promise<Result>): Promise<Result>
  /** Ends it, once: further calls wait for the first. Resolves within `timeout` milliseconds, whatever hangs. */
  close(timeout: number | undefined, closing: Closing): Promise<void>
}

/** How a driver ends what it holds. */
export interface Closing {
  /** Waits for what is to be done beside the writes. */
  settle?(): Promise<unknown>
  /** Takes leave of the server. */
  leave?(): Promise<unknown>
  /** Ends everything at once, so that nothing keeps the process alive. Called in any case. */
  cut(): void
}

/** For how long `close` waits where it is not told. */
const CLOSE_TIMEOUT_MS = 5_000
/** What of its time it keeps for taking leave. */
const LEAVE_SHARE = 0.2

/** Begins the life of a driver. */
export function createLifetime(): DriverLifetime {
  const writes = new Set<Promise<unknown>>()
  const hosts = createHostLookup()
  let closing: Promise<void> | undefined
  let isCut = false

  async function end(timeout: number, { settle, leave, cut }: Closing): Promise<void> {
    hosts.leaveSystem()
    const settled = await isDoneWithin(timeout * (1 - LEAVE_SHARE), Promise.allSettled([...writes, settle?.()]))
    // A server that hangs is not taken leave of.
    if (settled && leave !== undefined) await isDoneWithin(timeout * LEAVE_SHARE, leave())
    isCut = true
    hosts.end()
    cut()
  }

  return {
    lookup: hosts.lookup,
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
    close(timeout = CLOSE_TIMEOUT_MS, how) {
      closing ??= end(Math.max(0, timeout), how)
      return closing
    },
  }
}

/** What whoever uses a driver is told that was closed. */
export function storeClosed(): OsprofilerError {
  return new OsprofilerError('ERR_STORE', 'This store was closed. Open it again with openDriver().')
}
