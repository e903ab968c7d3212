import type { LookupFunction } from 'node:net'
import type { TraceRecord, TraceSummary, WriteResult } from '@osprofiler/core'
import type { Selection } from '../listing/trace-query.js'

/** Settings that a driver receives in addition to its connection string. */
export interface OpenContext {
  /** The scheme of the connection string, in lowercase. Several schemes may share a driver. */
  readonly scheme: string
  readonly filterErrorTrace: boolean
  /** Whether only the connection string is checked. In that case, the store's client may be missing. */
  readonly checkOnly?: boolean | undefined
  readonly lifetime: StoreLifetime
}

/** The part of a driver's lifetime that a `StoreDriver` needs. */
export interface StoreLifetime {
  /** Looks up hosts for the client, until the end of the lifetime. */
  readonly lookup: LookupFunction
  /**
   * Throws `ERR_STORE` after the driver was closed. A call with several steps must call this function before each step.
   */
  checkOpen(): void
  /**
   * Throws `ERR_STORE` after `close` has destroyed the connections. Until then, a write that began before `close` may
   * still connect.
   */
  checkMayConnect(): void
  /**
   * Runs work that ends even if the server hangs. `signal` aborts in these cases: the driver is closed, `limit`
   * milliseconds have passed, or a finished program must no longer wait for the store. The abort reason is an error
   * that can be shown to users.
   */
  run<Result>(work: (signal: AbortSignal) => Promise<Result>, limit?: number): Promise<Result>
}

/**
 * A driver as its author writes it. `createDriver` turns a `StoreDriver` into a `Driver`. The `Driver` checks queries,
 * passes only plain records to the store, and rejects calls after `close`. It also limits how long the process is kept
 * alive. Members without a comment are the same as in `Driver`.
 */
export interface StoreDriver {
  readonly name: string
  readonly location?: string
  /**
   * How long the store waits for one answer of the server, or for a connection, in milliseconds. Needed only if the
   * store waits longer than 30 s.
   */
  readonly answerMs?: number
  /**
   * Writes a batch. Each record is a plain object: `timestamp` is valid, `info` contains only JSON values, and all
   * other members are strings. `info` is a copy that no other code uses.
   */
  write(records: readonly TraceRecord[]): Promise<WriteResult>
  /** Rejects if the store currently accepts no writes. */
  check?(): Promise<unknown>
  /** Yields the records of a trace like `readRecords` of `Driver`, but in pieces of any size. Pieces may be empty. */
  read?(baseId: string, onUnreadable: (records: number) => void): AsyncIterable<readonly TraceRecord[]>
  /**
   * Lists the newest traces that match a query, in any order, and possibly some older ones. With `failedOnly`, lists
   * only failed traces.
   */
  list?(selection: Selection, failedOnly: boolean): Promise<TraceSummary[]>
  /** Removes a trace, and resolves to the number of its records. */
  remove?(baseId: string): Promise<number>
  /** Removes the traces whose records are all older than `before`, and resolves to their number. */
  prune?(before: string): Promise<number>
  /**
   * `ttl` is how long to keep traces, in milliseconds. `prune` removes older traces, if the server does not remove them
   * itself.
   */
  readonly retention?: { readonly ttl: number | undefined; prune(before: string): Promise<unknown> }
  /**
   * Returns whether the store can contain a trace with this id. A client or a database would change an id that the
   * store cannot contain, and then find a different trace.
   */
  canStoreId?(baseId: string): boolean
  /** Converts a client's error to an error that can be shown to users. */
  toError?(error: unknown): unknown
  /** When the driver is closed, finishes all work except writes. */
  finishWork?(): Promise<unknown>
  /** When the driver is closed, disconnects from the server. */
  disconnect?(): Promise<unknown>
  /** Ends all connections and other work immediately, so that nothing keeps the process alive. */
  destroy?(): void
}

/** Opens a driver for the part of a connection string that follows `scheme://`. Does not connect yet. */
export type OpenStore = (location: string, context: OpenContext) => StoreDriver
