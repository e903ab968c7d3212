import type { TraceSummary } from '@osprofiler/core'
import type { RecordRow } from '../records/record-row.js'
import type { LockHolders } from './lock-holders.js'
import type { SqlSession } from './session.js'

/** Id of a record, and the number of bytes of its `data`. */
export interface RecordId {
  readonly id: number
  readonly bytes: number
}

/** Id of a record, and the id of its trace. */
export interface OwnedId {
  readonly id: number
  readonly baseId: string
}

/** A position in a walk over the records in the order of time. */
export interface Position {
  readonly timestamp: string
  readonly id: number
}

/** The columns of a record that a walk reads, without `data`. */
export interface WalkedRecord extends Position {
  readonly base_id: string
  readonly name: string
  readonly service: string
  /** The size of `data` in bytes, if requested and if `data` may contain a failure. */
  readonly suspectBytes: number | undefined
}

/** A range of timestamps, including both ends. */
export interface TimeSpan {
  readonly from: string
  readonly to: string
}

/** One step of a walk over the records in the order of time. A step returns at most `limit` records. */
export interface WalkStep {
  /** The step starts after this position, or at the very first record if undefined. */
  readonly from: Position | undefined
  readonly direction: 'older' | 'newer'
  readonly limit: number
  readonly withSuspects: boolean
}

/** The table of Python's driver on one connection. Each function runs one or two statements. */
export interface SqlStore {
  readonly session: SqlSession
  /** Maximum size of a row's `data`, and of all values of a statement. */
  readonly maxBytes: number
  /** Whether the table exists. A positive result is cached. Throws if the table belongs to another program. */
  hasTable(): Promise<boolean>
  forgetTable(): void
  /** Runs work that reads or removes rows. Uses a transaction if the limit for lock waits requires one. */
  attempt<Result>(work: () => Promise<Result>): Promise<Result>
  /** Creates the table and its indexes, unless another process does so at the same time. */
  createTable(): Promise<void>
  /** Begins a transaction, which the caller ends with `COMMIT` or `ROLLBACK`. */
  begin(): Promise<void>
  insert(rows: readonly (readonly string[])[]): Promise<void>
  /** Returns the records of a trace that follow an id, in the order of arrival. */
  findRecords(baseId: string, after: number, limit: number): Promise<readonly RecordId[]>
  readRows(ids: readonly number[]): Promise<readonly RecordRow[]>
  /** Returns records in the order of timestamps, at a cost that depends only on the number of returned records. */
  walk(step: WalkStep): Promise<readonly WalkedRecord[]>
  summarize(baseIds: readonly string[]): Promise<readonly TraceSummary[]>
  /** Returns the ids of the given traces that have a record in the time span. */
  findTracesWithin(baseIds: readonly string[], young: TimeSpan): Promise<readonly string[]>
  /** Returns at most `limit` records of the traces, excluding records in the time span. */
  findRecordsOutside(
    baseIds: readonly string[],
    young: TimeSpan | undefined,
    limit: number,
  ): Promise<readonly OwnedId[]>
  /** Removes the rows that are not locked, without waiting for locked rows. Returns the number of removed rows. */
  removeRows(ids: readonly number[]): Promise<number>
  /** Returns those of the given ids whose rows exist. */
  findExistingRows(ids: readonly number[]): Promise<readonly number[]>
  /**
   * Returns the sessions that may have locked the rows or the table, the oldest first, as far as this user may see
   * them.
   */
  findHolders(ids: readonly number[] | undefined): Promise<LockHolders>
}
