import { OsprofilerError } from '@osprofiler/core'
import { Promise, Set } from '@osprofiler/core/toolkit'

/** How long a driver may be used: until it is closed, and a batch that it is writing then is still written. */
export interface StoreLife {
  /** @throws OsprofilerError `ERR_STORE` once it has ended. */
  checkOpen(): void
  /** Has `writesSettled` wait for a write. Resolves to what that resolves to. */
  follow<Result>(write: Promise<Result>): Promise<Result>
  end(): void
  /** Resolves when no write that is followed is under way, however they ended. */
  writesSettled(): Promise<void>
}

/** Begins the life of a driver. */
export function createLife(): StoreLife {
  const writes = new Set<Promise<unknown>>()
  let ended = false
  return {
    checkOpen() {
      if (ended) throw storeClosed()
    },
    async follow(write) {
      writes.add(write)
      try {
        return await write
      } finally {
        writes.delete(write)
      }
    },
    end() {
      ended = true
    },
    async writesSettled() {
      await Promise.allSettled(writes)
    },
  }
}

/** What whoever uses a driver is told that was closed. */
export function storeClosed(): OsprofilerError {
  return new OsprofilerError('ERR_STORE', 'This store was closed. Open it again with openDriver().')
}
