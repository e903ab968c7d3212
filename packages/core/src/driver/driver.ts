import type { TraceRecord } from '../record/trace-record.js'

/**
 * A store that keeps records and gives them back.
 *
 * A driver connects on first use and never before. It holds nothing that keeps a process alive; whoever waits
 * for one of its promises does that. It is a plain object from a factory: `openDriver(connectionString)` of
 * `@osprofiler/drivers` makes those that ship, and anyone can write one.
 */
export interface Driver {
  /** The scheme of its connection string, such as `sqlite`. Holds no credentials. */
  readonly name: string

  /** Where it is, for people, where that is not told by the name: a path. Holds no credentials. */
  readonly location?: string | undefined

  /**
   * Stores a batch, in order. Resolves once the store has taken the records. `refused` counts the records that the store
   * will never keep. These include what has not the shape of a record, and a timestamp that tells no time. `held` names
   * the records that the store put off, where it took others of the batch or may take others.
   *
   * A rejection says what became of the whole batch:
   *
   * - `ERR_WRITE_REFUSED`: the store was reached, wrote nothing, and refuses these records. The notifier writes the batch
   *   in halves, until the record that the store refuses stands alone, and drops that one.
   * - `ERR_WRITE_UNCERTAIN`: a connection broke midway. The batch is not sent twice.
   * - Any other error, such as `ERR_STORE`: nothing was written, and the store fails. This includes a store that refuses
   *   the request and not a record: a wrong password, database, path or media type. The batch is tried again. After some
   *   tries, the notifier writes a single record. Where the store takes that one, the notifier looks for the record that
   *   always fails, and goes on without it.
   *
   * A batch that is tried again is the same array, and its halves hold the same records. The message of an
   * `OsprofilerError` is shown to people: the message holds no secret and says what to do.
   *
   * Called by the notifier with one batch at a time, never on the path of a request. The notifier bounds a batch by its
   * records and by their rough size. A driver whose request has a hard limit sends several requests.
   */
  write(records: readonly TraceRecord[]): Promise<WriteResult | undefined>

  /**
   * Asks the store by a request without records whether the store takes writes. Resolves to whether it does. The notifier
   * asks before it drops a record that always fails alone, where there is no other record to write.
   */
  check?(): Promise<boolean>

  /**
   * All records of a trace, in batches, oldest first as far as the store knows. Yields nothing for a trace that
   * is not there. Missing where the store cannot be read.
   *
   * `onUnreadable` hears of records that stand in the trace and are no JSON, or no records: how many, each time.
   */
  readRecords?(baseId: string, onUnreadable?: (records: number) => void): AsyncIterable<readonly TraceRecord[]>

  /** The traces of the store, newest first. */
  listTraces?(query?: TraceQuery): Promise<TraceSummary[]>

  /** The traces in which something failed (see `isErrorRecord`), newest first. */
  listErrorTraces?(query?: TraceQuery): Promise<TraceSummary[]>

  /**
   * Removes a trace and resolves to how many records that were: 0 where it is not there. Missing where the store cannot.
   * Rejects with `ERR_STORE_LOCKED` where another transaction has locked some; all others are removed then.
   */
  deleteTrace?(baseId: string): Promise<number>

  /**
   * Removes the traces of which no record is as young as `before`, and resolves to how many these were. Rejects as
   * `deleteTrace` does.
   */
  pruneTraces?(before: Date): Promise<number>

  /**
   * Releases everything. Lets writes end that are under way, and resolves after `timeout` milliseconds (default 5,000)
   * at the latest, also where the store is gone or hangs. Nothing keeps the process alive then. Further calls do nothing.
   */
  close(timeout?: number): Promise<void>
}

export interface WriteResult {
  /** How many records of the batch the store will never keep. */
  readonly refused: number
  /**
   * The positions in the batch of the records that the store took neither now nor refused, and may take later: an answer
   * "try later" about one record. The notifier tries them again, then goes on without them. A record that is still held
   * after some tries, while the store takes others, is dropped. A batch that is held whole counts as a failed write.
   */
  readonly held?: readonly number[] | undefined
  /** How many further records may have been written: a connection broke midway, and they are not sent twice. */
  readonly unknown?: number | undefined
  /** Why records were refused or held, as a sentence. Shown to people: holds no secret. */
  readonly reason?: string | undefined
}

export interface TraceQuery {
  /** At most so many traces. Default: 100. */
  readonly limit?: number | undefined
  /** Only traces whose first record is not older than this. */
  readonly since?: Date | undefined
  /** Only traces whose first record is of a point of exactly this name, without `-start`. */
  readonly name?: string | undefined
  /** Only traces whose first record is of exactly this service. */
  readonly service?: string | undefined
}

/** One trace of a list, in the shape of OSProfiler's `trace list`, with what a reader wants beside it. */
export interface TraceSummary {
  readonly base_id: string
  /** Of the trace's first record. */
  readonly timestamp: string
  /** The first point's name, without `-start`. */
  readonly name: string
  readonly project: string
  readonly service: string
  /** How many records the store holds of this trace. */
  readonly records: number
}
