import type { LookupFunction } from 'node:net'
import type { TraceRecord, TraceSummary, WriteResult } from '@osprofiler/core'
import type { Selection } from '../listing/trace-query.js'

/** Settings that a driver receives beside its connection string. */
export interface OpenContext {
  /** The scheme in lower case. Several schemes may share a driver. */
  readonly scheme: string
  readonly filterErrorTrace: boolean
  /** Whether only the connection string is checked. The store's client may be missing then. */
  readonly checkOnly?: boolean | undefined
  readonly lifetime: StoreLifetime
}

/** The part of a driver's lifetime that the store needs. */
export interface StoreLifetime {
  /** Finds hosts for the client, until the end of the lifetime. */
  readonly lookup: LookupFunction
  /** Throws `ERR_STORE` after the driver was closed. Needed before each step of a call that takes several steps. */
  checkOpen(): void
  /** Throws `ERR_STORE` after everything was destroyed. A write that began before `close` may still connect. */
  checkMayConnect(): void
  /**
   * Runs work that ends even if the server hangs. `signal` is aborted when the time of the program's natural end is over,
   * when the driver is closed, or after `limit` milliseconds. Its reason is an error that can be shown.
   */
  run<Result>(work: (signal: AbortSignal) => Promise<Result>, limit?: number): Promise<Result>
}

/**
 * A driver as its author writes it. `createDriver` refuses calls after `close`, passes on plain records only, checks
 * queries, and limits how long the process is kept alive. Members without a comment are those of `Driver`.
 */
export interface StoreDriver {
  readonly name: string
  readonly location?: string
  /** How long the store waits for one answer of the server, or for a connection, in milliseconds, if longer than 30 s. */
  readonly answerMs?: number
  /** Each record is plain: strings, a valid time, and JSON in `info` that no other code holds. */
  write(records: readonly TraceRecord[]): Promise<WriteResult>
  /** Rejects if the store takes no writes. */
  check?(): Promise<unknown>
  /** Like `readRecords` of `Driver`, but in pieces of any size. Some may be empty. */
  read?(baseId: string, onUnreadable: (records: number) => void): AsyncIterable<readonly TraceRecord[]>
  /** Lists at least the newest traces, or the newest failed ones, that a query asks for, in any order. */
  list?(selection: Selection, failedOnly: boolean): Promise<TraceSummary[]>
  /** Removes a trace, and resolves to the number of its records. */
  remove?(baseId: string): Promise<number>
  /** Removes the traces without a record since a timestamp, and resolves to their number. */
  prune?(before: string): Promise<number>
  /** How long traces are kept, in milliseconds, and what removes them if the server does not. */
  readonly retention?: { readonly ttl: number | undefined; prune(before: string): Promise<unknown> }
  /** Returns whether a trace may have this id. A client or database would alter other ids, and find another trace. */
  canStoreId?(baseId: string): boolean
  /** Converts an error of the client to one that can be shown. */
  toError?(error: unknown): unknown
  /** Finishes work besides the writes when the driver is closed. */
  finishWork?(): Promise<unknown>
  /** Disconnects from the server when the driver is closed. */
  disconnect?(): Promise<unknown>
  /** Ends everything at once, so that nothing keeps the process alive. */
  destroy?(): void
}

/** Opens a driver on what follows `scheme://` in its connection string. Does not connect yet. */
export type OpenStore = (location: string, context: OpenContext) => StoreDriver
