import type { TraceRecord } from '../record/trace-record.js'

/**
 * Access to a store of records. A driver is a plain object from a factory, such as `openDriver(connectionString)` of
 * `@osprofiler/drivers` or your own function. The driver connects on first use, and does not keep the process alive,
 * even while a caller waits for a result.
 */
export interface Driver {
  /** The scheme of the connection string, such as `sqlite`. Contains no credentials. */
  readonly name: string

  /**
   * The location of the store as shown to people, such as a path. Missing if `name` is enough. Contains no credentials.
   */
  readonly location?: string | undefined

  /**
   * Stores a batch, in order. Resolves once the store has taken the records, except for those that the result reports.
   * A rejection applies to the whole batch:
   *
   * - `ERR_WRITE_REFUSED`: the store was reached, wrote nothing, and refuses these records. The notifier halves the
   *   batch until the refused record is alone, and drops that record.
   * - `ERR_WRITE_UNCERTAIN`: a connection broke midway. The notifier does not send the batch again.
   * - Any other error, such as `ERR_STORE`: nothing was written. The store is failing, or it refuses the whole request
   *   because of a wrong password, database, path or media type. The notifier tries again, and after some tries writes
   *   a single record. If the store takes this record, the notifier looks for the record that always fails, and
   *   continues without that record.
   *
   * A batch that is tried again is the same array, and its halves contain the same record objects. The message of an
   * `OsprofilerError` is shown to people: it must contain no secret, and say what to do. The notifier writes one batch
   * at a time in the background, so that no request waits for a write. It limits the number of records and the
   * approximate size of each batch. A driver whose store has a hard limit per request splits the batch into several
   * requests.
   */
  write(records: readonly TraceRecord[]): Promise<WriteResult | undefined>

  /**
   * Checks, without sending records, whether the store accepts writes. The notifier calls this method before it drops a
   * record that fails even when it is written alone.
   */
  check?(): Promise<boolean>

  /**
   * Yields the records of a trace in batches, oldest first as far as the store knows their order. Yields nothing for an
   * unknown trace. The method is missing if the store cannot be read. Each time the store returns entries that are not
   * records, `onUnreadable` is called with their number.
   */
  readRecords?(baseId: string, onUnreadable?: (records: number) => void): AsyncIterable<readonly TraceRecord[]>

  /** Lists the traces of the store, newest first. */
  listTraces?(query?: TraceQuery): Promise<TraceSummary[]>

  /** Lists the traces in which something failed (see `isErrorRecord`), newest first. */
  listErrorTraces?(query?: TraceQuery): Promise<TraceSummary[]>

  /**
   * Removes a trace. Resolves to the number of removed records, which may be 0. The method is missing if the store
   * cannot delete. If another transaction has locked some of the records, removes all others and rejects with
   * `ERR_STORE_LOCKED`.
   */
  deleteTrace?(baseId: string): Promise<number>

  /**
   * Removes traces whose records are all older than `before`. Resolves to the number of removed traces. Rejects like
   * `deleteTrace`.
   */
  pruneTraces?(before: Date): Promise<number>

  /**
   * Waits for pending writes, then releases all resources. Resolves after at most `timeout` milliseconds (default
   * 5,000), even if the store is down or hangs. After that, the driver does not keep the process alive. Further calls
   * do nothing.
   */
  close(timeout?: number): Promise<void>
}

/** The records that a successful write did not store. All other records of the batch are in the store. */
export interface WriteResult {
  /**
   * The number of records that the store will never keep, including those that are malformed or have an invalid
   * timestamp.
   */
  readonly refused: number
  /**
   * The positions, in the batch, of held records: the store did not take them now, but may take them later. The
   * notifier tries held records again. It drops a record that is still held after some tries, if the store takes other
   * records. If all records of a batch are held, the write counts as failed.
   */
  readonly held?: readonly number[] | undefined
  /**
   * The number of further records that may or may not have been written, because a connection broke. The notifier does
   * not send them again.
   */
  readonly unknown?: number | undefined
  /** Why records were refused or held, as a sentence for people. Contains no secret. */
  readonly reason?: string | undefined
}

/** Filter for `listTraces` and `listErrorTraces`. A trace must match all given conditions. */
export interface TraceQuery {
  /** The maximum number of traces. Default 100. */
  readonly limit?: number | undefined
  /** Selects only traces whose first record is not older than this date. */
  readonly since?: Date | undefined
  /** Selects only traces whose first record belongs to a point with exactly this name, without `-start`. */
  readonly name?: string | undefined
  /** Selects only traces whose first record comes from exactly this service. */
  readonly service?: string | undefined
}

/** One trace in a list. Extends the shape of OSProfiler's `trace list`. */
export interface TraceSummary {
  readonly base_id: string
  /** The timestamp of the first record. */
  readonly timestamp: string
  /** The name of the first point, without `-start`. */
  readonly name: string
  readonly project: string
  readonly service: string
  /** The number of records of this trace in the store. */
  readonly records: number
}
