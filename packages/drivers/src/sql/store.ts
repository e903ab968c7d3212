import type { TraceSummary } from '@osprofiler/core'
import type { RecordRow } from '../records/record-row.js'
import type { LockHolders } from './lock-holders.js'
import type { SqlSession } from './session.js'

/** A record in the table, and how many bytes its `data` has. */
export interface RecordId {
  readonly id: number
  readonly bytes: number
}

/** A record in the table, and its trace. */
export interface OwnedId {
  readonly id: number
  readonly baseId: string
}

/** Where a walk over the records has come to. */
export interface Position {
  readonly timestamp: string
  readonly id: number
}

/** A record that a walk meets. */
export interface MetRecord extends Position {
  readonly base_id: string
  readonly name: string
  readonly service: string
  /** How many its `data` has, where that was asked for and may tell of a failure. */
  readonly suspectBytes: number | undefined
}

/** The times from one timestamp to another, both included. */
export interface TimeSpan {
  readonly from: string
  readonly to: string
}

/** A walk's next step. */
export interface Step {
  /** Behind this record, or from the very first one. */
  readonly from: Position | undefined
  readonly direction: 'older' | 'newer'
  readonly limit: number
  readonly withSuspects: boolean
}

/** The table of Python's driver on one connection: each function is a statement or two. */
export interface SqlStore {
  readonly session: SqlSession
  /** More bytes than this has no row's `data`, and no statement its values. */
  readonly maxBytes: number
  /** Whether the table is there; a yes is remembered. Throws where it is another program's. */
  hasTable(): Promise<boolean>
  forgetTable(): void
  /** Reads or removes something, in a transaction where it takes one to bound the wait for locks. */
  attempt<Result>(work: () => Promise<Result>): Promise<Result>
  /** Makes it and its indexes, unless another process does so at the same time. */
  createTable(): Promise<void>
  /** Begins a transaction, which `COMMIT` and `ROLLBACK` end. */
  begin(): Promise<void>
  insert(rows: readonly (readonly string[])[]): Promise<void>
  /** The first of a trace's records behind one, in the order of their arrival. */
  findRecords(baseId: string, after: number, limit: number): Promise<readonly RecordId[]>
  readRows(ids: readonly number[]): Promise<readonly RecordRow[]>
  /** Records by timestamp, some at a time, at a cost that depends on how many these are. */
  walk(step: Step): Promise<readonly MetRecord[]>
  summarise(baseIds: readonly string[]): Promise<readonly TraceSummary[]>
  /** Which of these traces have a record of that time. */
  findYoung(baseIds: readonly string[], young: TimeSpan): Promise<readonly string[]>
  /** At most so many of the traces' records, all but those of that time. */
  findOld(baseIds: readonly string[], young: TimeSpan | undefined, limit: number): Promise<readonly OwnedId[]>
  /** Removes those of the rows that nobody has locked, without waiting for the others, and says how many these were. */
  removeRows(ids: readonly number[]): Promise<number>
  /** The ids of those rows that are there. */
  findRows(ids: readonly number[]): Promise<readonly number[]>
  /** The sessions that may have locked these rows, or the table, as far as this user may see them, the oldest first. */
  findHolders(ids: readonly number[] | undefined): Promise<LockHolders>
}
