import type { TraceSummary } from '@osprofiler/core'
import type { RecordRow } from '../records/record-row.js'
import type { LockHolders } from './lock-holders.js'
import type { SqlSession } from './session.js'

/** The id of a record, and the number of bytes in its column `data`. */
export interface RecordId {
  readonly id: number
  readonly bytes: number
}

/** The id of a record, and the id of the record's trace. */
export interface OwnedId {
  readonly id: number
  readonly baseId: string
}

/** The position of a record in the order of timestamps. Records with the same timestamp are ordered by id. */
export interface Position {
  readonly timestamp: string
  readonly id: number
}

/** A record as returned by `walk`. It has no column `data`. */
export interface WalkedRecord extends Position {
  readonly base_id: string
  readonly name: string
  readonly service: string
  /**
   * The number of bytes in `data`. Undefined if the number was not requested, or if `data` cannot contain a failure.
   */
  readonly suspectBytes: number | undefined
}

/** A range of timestamps. Both ends are included. */
export interface TimeSpan {
  readonly from: string
  readonly to: string
}

/** Arguments of `walk`, which reads at most `limit` records in the order of timestamps. */
export interface WalkStep {
  /**
   * The records after this position are read. If it is undefined, reading starts at the first record in this direction.
   */
  readonly from: Position | undefined
  readonly direction: 'older' | 'newer'
  readonly limit: number
  readonly withSuspects: boolean
}

/** Access to the table of Python's driver over one connection. Each function runs one or two statements. */
export interface SqlStore {
  readonly session: SqlSession
  /** Maximum number of bytes in a row's `data`, and in all values of a statement. */
  readonly maxBytes: number
  /** Returns whether the table exists. A positive result is cached. Throws if the table belongs to another program. */
  hasTable(): Promise<boolean>
  forgetTable(): void
  /**
   * Runs work that reads or removes rows. Uses a transaction if the database can limit lock waits only in a
   * transaction.
   */
  attempt<Result>(work: () => Promise<Result>): Promise<Result>
  /** Creates the table and its indexes. Succeeds even if another process creates them at the same time. */
  createTable(): Promise<void>
  /** Begins a transaction, which the caller ends with `COMMIT` or `ROLLBACK`. */
  begin(): Promise<void>
  insert(rows: readonly (readonly string[])[]): Promise<void>
  /** Returns the records of a trace whose ids are greater than `after`, in the order of arrival. */
  findRecords(baseId: string, after: number, limit: number): Promise<readonly RecordId[]>
  readRows(ids: readonly number[]): Promise<readonly RecordRow[]>
  /** Returns records in the order of timestamps. The cost depends only on the number of returned records. */
  walk(step: WalkStep): Promise<readonly WalkedRecord[]>
  summarize(baseIds: readonly string[]): Promise<readonly TraceSummary[]>
  /** Returns the ids of those of the given traces that have a record in the time span. */
  findTracesWithin(baseIds: readonly string[], young: TimeSpan): Promise<readonly string[]>
  /** Returns at most `limit` records of the traces. Records in the time span are excluded. */
  findRecordsOutside(
    baseIds: readonly string[],
    young: TimeSpan | undefined,
    limit: number,
  ): Promise<readonly OwnedId[]>
  /** Removes the rows that are not locked, without waiting for locked rows. Returns the number of removed rows. */
  removeRows(ids: readonly number[]): Promise<number>
  /** Returns those of the given ids whose rows still exist. */
  findExistingRows(ids: readonly number[]): Promise<readonly number[]>
  /**
   * Returns the sessions that may have locked the rows or the table. The session with the oldest transaction comes
   * first. Omits sessions that the user has no permission to see.
   */
  findHolders(ids: readonly number[] | undefined): Promise<LockHolders>
}
