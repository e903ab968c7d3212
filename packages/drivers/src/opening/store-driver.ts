import type { LookupFunction } from 'node:net'
import type { TraceRecord, TraceSummary, WriteResult } from '@osprofiler/core'
import type { Selection } from '../listing/trace-query.js'

/** What a driver is told beside its connection string. */
export interface OpenContext {
  /** The string's own scheme, in lower case: several may name one driver. */
  readonly scheme: string
  /** See `DriverOptions`. */
  readonly filterErrorTrace: boolean
  /** Whether the connection string alone is looked at: the store's client may be missing. */
  readonly checkOnly?: boolean | undefined
  readonly lifetime: StoreLifetime
}

/** For how long a driver may do something. */
export interface StoreLifetime {
  /** By which the client finds its hosts. It ends with the lifetime. */
  readonly lookup: LookupFunction
  /**
   * For what takes several steps, before each: the call itself was made while the driver was open.
   *
   * @throws OsprofilerError `ERR_STORE` once the driver was closed
   */
  checkOpen(): void
  /**
   * For a write that has yet to connect: one that began before the end may.
   *
   * @throws OsprofilerError `ERR_STORE` once everything was cut
   */
  checkMayConnect(): void
  /**
   * Does what ends also where the server hangs. `end` is aborted where the work is still under way when the time of the
   * program's natural end is over, when the driver is closed, or after `limit` milliseconds. Its reason is an error that
   * says which, and that can be shown.
   */
  run<Result>(work: (end: AbortSignal) => Promise<Result>, limit?: number): Promise<Result>
}

/**
 * A driver as its author writes it. `createDriver` adds what is the same for each: nothing is called once the driver was
 * closed, records are plain, queries are checked, and what keeps the process alive ends.
 */
export interface StoreDriver {
  /** See `Driver`. */
  readonly name: string
  /** See `Driver`. */
  readonly location?: string
  /** See `Driver`. Each record is one: texts, a time, and `info` of nothing but JSON that is nobody else's. */
  write(records: readonly TraceRecord[]): Promise<WriteResult>
  /** Rejects where the store takes no writes. */
  check?(): Promise<unknown>
  /** See `readRecords` of `Driver`. In pieces of any size, of which some may be empty. */
  read?(baseId: string, onUnreadable: (records: number) => void): AsyncIterable<readonly TraceRecord[]>
  /** The newest traces, or those in which something failed: at least those that are asked for, in any order. */
  list?(selection: Selection, failed: boolean): Promise<TraceSummary[]>
  /** Removes a trace, and resolves to how many records that were. */
  remove?(baseId: string): Promise<number>
  /** Removes the traces without a record from a timestamp on, and resolves to how many these were. */
  prune?(before: string): Promise<number>
  /** How long traces are kept, in milliseconds, where the driver and not the server removes them, and what does it. */
  readonly retention?: { readonly ttl: number | undefined; prune(before: string): Promise<unknown> }
  /** Whether a trace may have this id. Clients and databases would change another one, and find another trace. */
  mayHold?(baseId: string): boolean
  /** Makes what is shown of what a client failed with. */
  toError?(error: unknown): unknown
  /** Waits at the end for what is to be done beside the writes. */
  settle?(): Promise<unknown>
  /** Takes leave of the server at the end. */
  leave?(): Promise<unknown>
  /** Ends everything at once, so that nothing keeps the process alive. */
  cut?(): void
}

/** Opens a driver on what follows `scheme://` in its connection string. Connects to nothing yet. */
export type OpenStore = (location: string, context: OpenContext) => StoreDriver
