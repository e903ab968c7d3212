import type { WriteResult } from '@osprofiler/core'
import { Error, Math } from '@osprofiler/core/toolkit'
import type { SqlBatch, SqlRow } from './batch.js'
import { isFailure, SqlFailure } from './failure.js'
import type { SqlStore } from './store.js'

type Rows = readonly SqlRow[]

/**
 * Maximum number of rows in a statement. With this number, a statement has fewer than 2 ** 16 values, which is the
 * limit of MySQL and PostgreSQL.
 */
const MAX_STATEMENT_ROWS = 5_000
const MAX_STATEMENT_BYTES = 4_000_000

/** Thrown if the connection was lost during a COMMIT, so that it is unknown whether the batch was written. */
export class CommitLost extends Error {
  override readonly name = 'CommitLost'
}

/** The records that the database did not accept although it accepted the other records of the batch. */
interface Leftovers {
  refused: number
  /** For each record that the database may accept later, its position in the batch. */
  readonly held: number[]
  failure: SqlFailure | undefined
}

/**
 * Writes a batch in one transaction, and reports the rows that the database refused. If this function throws any error
 * except `CommitLost`, no row was written.
 *
 * @param hasFailedBefore whether an earlier write of the batch failed, so that one of its rows may be the reason
 */
export async function writeBatch(store: SqlStore, batch: SqlBatch, hasFailedBefore: boolean): Promise<WriteResult> {
  const rows = batch.rows.filter(({ bytes }) => bytes <= store.maxBytes)
  const refusedBefore = batch.refused + batch.rows.length - rows.length
  if (rows.length === 0) return { refused: refusedBefore }
  if (!(await store.hasTable())) await store.createTable()
  try {
    await runTransaction(store, () => insertAll(store, rows))
    return { refused: refusedBefore }
  } catch (error) {
    if (isFailure(error, 'missing')) await store.createTable()
    else if (!isFailure(error, 'refused') && !(hasFailedBefore && mayConcernOneRow(error))) throw error
  }
  // The first transaction needs no savepoints, because only this second transaction looks for the refused rows.
  const left = await runTransaction(store, async () => {
    const found: Leftovers = { refused: 0, held: [], failure: undefined }
    await insertInParts(store, rows, hasFailedBefore, found)
    return found
  })
  return {
    refused: refusedBefore + left.refused,
    ...(left.held.length > 0 && { held: left.held }),
    // The message of the database may quote a record, so only the error code is shown.
    ...(left.failure && { reason: `It answers ${left.failure.code ?? left.failure.verdict}.` }),
  }
}

async function runTransaction<Result>(store: SqlStore, work: () => Promise<Result>): Promise<Result> {
  const { session } = store
  await store.begin()
  let result: Result
  try {
    result = await work()
  } catch (error) {
    if (session.isOpen) await session.run('ROLLBACK').catch(() => session.end())
    throw error
  }
  try {
    await session.run('COMMIT')
  } catch (cause) {
    if (isFailure(cause, 'lost')) throw new CommitLost('COMMIT', { cause })
    throw cause
  }
  return result
}

async function insertAll(store: SqlStore, rows: Rows): Promise<void> {
  for (const piece of toPieces(rows, store.maxBytes)) await store.insert(piece.map(({ values }) => values))
}

/**
 * Inserts rows. If the database does not accept all of the rows, tries each half separately, down to single rows. Adds
 * the rows that the database does not accept to `left`.
 */
async function insertInParts(store: SqlStore, rows: Rows, hasFailedBefore: boolean, left: Leftovers): Promise<void> {
  const { session } = store
  const [first] = rows
  let isRefused = false
  await session.run('SAVEPOINT osprofiler')
  try {
    await insertAll(store, rows)
    await session.run('RELEASE SAVEPOINT osprofiler')
    return
  } catch (error) {
    isRefused = isFailure(error, 'refused')
    if (!isRefused && !(hasFailedBefore && mayConcernOneRow(error))) throw error
    if (error instanceof SqlFailure) left.failure = error
    await session.run('ROLLBACK TO SAVEPOINT osprofiler')
  }
  if (rows.length > 1) {
    const half = rows.length >> 1
    await insertInParts(store, rows.slice(0, half), hasFailedBefore, left)
    await insertInParts(store, rows.slice(half), hasFailedBefore, left)
  } else if (isRefused) {
    left.refused++
  } else if (first !== undefined) {
    left.held.push(first.position)
  }
}

/**
 * Returns whether a single row may have caused the failure. A failure with advice has a cause in the database itself,
 * such as a full disk.
 */
function mayConcernOneRow(error: unknown): boolean {
  return error instanceof SqlFailure && error.verdict === 'failed' && error.advice === undefined
}

function* toPieces(rows: Rows, maxBytes: number): Iterable<Rows> {
  const limit = Math.min(MAX_STATEMENT_BYTES, maxBytes)
  let start = 0
  let bytes = 0
  for (const [index, row] of rows.entries()) {
    if (index > start && (bytes + row.bytes > limit || index - start === MAX_STATEMENT_ROWS)) {
      yield rows.slice(start, index)
      start = index
      bytes = 0
    }
    bytes += row.bytes
  }
  yield rows.slice(start)
}
