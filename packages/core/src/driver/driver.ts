import type { TraceRecord } from '../record/trace-record.js'

/**
 * A store of records: a plain object from a factory such as `openDriver(connectionString)` of `@osprofiler/drivers`, or
 * one of your own. It connects on first use, and does not by itself keep a process alive while a caller waits.
 */
export interface Driver {
  /** The scheme of the connection string, such as `sqlite`. Holds no credentials. */
  readonly name: string

  /** The location of the store for people, such as a path, if the name does not tell it. Holds no credentials. */
  readonly location?: string | undefined

  /**
   * Stores a batch, in order. Resolves once the store has taken the records, except for those in the result. A
   * rejection applies to the whole batch:
   *
   * - `ERR_WRITE_REFUSED`: the store was reached, wrote nothing, and refuses these records. The notifier halves the
   *   batch until the refused record is alone, and drops that record.
   * - `ERR_WRITE_UNCERTAIN`: a connection broke midway. The batch is not sent again.
   * - Any other error, such as `ERR_STORE`: nothing was written. The store fails, or refuses the whole request, for a
   *   wrong password, database, path or media type. The notifier tries again, and after some tries writes a single
   *   record. If the store takes it, the notifier looks for the record that always fails, and goes on without it.
   *
   * A batch that is tried again is the same array, and its halves hold the same records. The message of an
   * `OsprofilerError` is shown to people: it must hold no secret, and say what to do. The notifier writes one batch at
   * a time, never on the path of a request, and bounds it in records and rough size. A driver with a hard limit per
   * request sends several requests.
   */
  write(records: readonly TraceRecord[]): Promise<WriteResult | undefined>

  /** Asks the store, without records, whether it takes writes, before the notifier drops a lone record that fails. */
  check?(): Promise<boolean>

  /**
   * Yields the records of a trace in batches, oldest first as far as the store knows, or nothing for an unknown trace.
   * Missing if the store cannot be read. `onUnreadable` receives the number of entries that are no records, each time.
   */
  readRecords?(baseId: string, onUnreadable?: (records: number) => void): AsyncIterable<readonly TraceRecord[]>

  /** Lists the traces of the store, newest first. */
  listTraces?(query?: TraceQuery): Promise<TraceSummary[]>

  /** Lists the traces in which something failed (see `isErrorRecord`), newest first. */
  listErrorTraces?(query?: TraceQuery): Promise<TraceSummary[]>

  /**
   * Removes a trace, and resolves to the number of removed records, which may be 0. Missing if the store cannot delete.
   * Rejects with `ERR_STORE_LOCKED` if another transaction has locked some records. All others are then removed.
   */
  deleteTrace?(baseId: string): Promise<number>

  /** Removes traces whose records are all older than `before`. Resolves to their number. Rejects as `deleteTrace`. */
  pruneTraces?(before: Date): Promise<number>

  /**
   * Lets pending writes end, and releases everything. Resolves after at most `timeout` milliseconds (default 5,000),
   * even if the store is gone or hangs. Nothing keeps the process alive then. Further calls do nothing.
   */
  close(timeout?: number): Promise<void>
}

/** Exceptions to a write that succeeded. All other records of the batch are in the store. */
export interface WriteResult {
  /** How many records the store will never keep, including those that are malformed or have an invalid timestamp. */
  readonly refused: number
  /**
   * The positions in the batch of records that the store may take later. They are tried again. A record that is still
   * held after some tries, while others are taken, is dropped. A batch that is held as a whole counts as a failed
   * write.
   */
  readonly held?: readonly number[] | undefined
  /** How many further records may have been written: a connection broke midway, and they are not sent again. */
  readonly unknown?: number | undefined
  /** Why records were refused or held, as a sentence for people. Holds no secret. */
  readonly reason?: string | undefined
}

/** Filter for `listTraces` and `listErrorTraces`. A trace must meet all given conditions. */
export interface TraceQuery {
  /** The maximum number of traces. Default 100. */
  readonly limit?: number | undefined
  /** Only traces whose first record is not older than this. */
  readonly since?: Date | undefined
  /** Only traces whose first record is of a point of exactly this name, without `-start`. */
  readonly name?: string | undefined
  /** Only traces whose first record is of exactly this service. */
  readonly service?: string | undefined
}

/** One trace of a list. Extends the shape of OSProfiler's `trace list`. */
export interface TraceSummary {
  readonly base_id: string
  /** The timestamp of the first record. */
  readonly timestamp: string
  /** The name of the first point, without `-start`. */
  readonly name: string
  readonly project: string
  readonly service: string
  /** How many records the store holds of this trace. */
  readonly records: number
}
