import type { WriteResult } from '@osprofiler/core'
import { Error, Math } from '@osprofiler/core/toolkit'
import type { SqlBatch, SqlRow } from './batch.js'
import { isFailure, SqlFailure } from './failure.js'
import type { SqlStore } from './store.js'

type Rows = readonly SqlRow[]

/** More rows have more values than a statement may have: 2 ** 16 in both databases. */
const MAX_ROWS = 5_000
const MAX_BYTES = 4_000_000

/** The answer to a COMMIT was lost. */
export class CommitLost extends Error {
  override readonly name = 'CommitLost'
}

/** What the database did not take of a batch that it took otherwise. */
interface Leftovers {
  refused: number
  /** The positions of records that it may take later. */
  readonly held: number[]
  /** What it said of the last one. */
  failure: SqlFailure | undefined
}

/**
 * Writes a batch in one transaction and says what of it the database refuses. A failure means that nothing was written,
 * unless it is `CommitLost`.
 *
 * @param isHeldUp whether the batch has failed before, so that one of its rows may be the reason
 */
export async function writeBatch(store: SqlStore, batch: SqlBatch, isHeldUp: boolean): Promise<WriteResult> {
  const rows = batch.rows.filter(({ bytes }) => bytes <= store.maxBytes)
  const unfit = batch.refused + batch.rows.length - rows.length
  if (rows.length === 0) return { refused: unfit }
  if (!(await store.hasTable())) await store.createTable()
  try {
    await transact(store, () => insertAll(store, rows))
    return { refused: unfit }
  } catch (error) {
    if (isFailure(error, 'missing')) await store.createTable()
    else if (!isFailure(error, 'refused') && !(isHeldUp && mayBeOfOneRow(error))) throw error
  }
  // What is refused is found out the second time, so that the first needs no savepoints.
  const left = await transact(store, async () => {
    const found: Leftovers = { refused: 0, held: [], failure: undefined }
    await insertInParts(store, rows, isHeldUp, found)
    return found
  })
  return {
    refused: unfit + left.refused,
    ...(left.held.length > 0 && { held: left.held }),
    // Not the message, which may quote a record.
    ...(left.failure && { reason: `It answers ${left.failure.code ?? left.failure.verdict}.` }),
  }
}

async function transact<Result>(store: SqlStore, work: () => Promise<Result>): Promise<Result> {
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

/** Halves what the database does not take until it is single rows, and notes these. */
async function insertInParts(store: SqlStore, rows: Rows, isHeldUp: boolean, left: Leftovers): Promise<void> {
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
    if (!isRefused && !(isHeldUp && mayBeOfOneRow(error))) throw error
    if (error instanceof SqlFailure) left.failure = error
    await session.run('ROLLBACK TO SAVEPOINT osprofiler')
  }
  if (rows.length > 1) {
    const half = rows.length >> 1
    await insertInParts(store, rows.slice(0, half), isHeldUp, left)
    await insertInParts(store, rows.slice(half), isHeldUp, left)
  } else if (isRefused) {
    left.refused++
  } else if (first !== undefined) {
    left.held.push(first.place)
  }
}

/** Whether the reason may be one row: what has advice is of the database itself, such as a full disk. */
function mayBeOfOneRow(error: unknown): boolean {
  return error instanceof SqlFailure && error.verdict === 'failed' && error.advice === undefined
}

function* toPieces(rows: Rows, maxBytes: number): Iterable<Rows> {
  const limit = Math.min(MAX_BYTES, maxBytes)
  let start = 0
  let bytes = 0
  for (const [index, row] of rows.entries()) {
    if (index > start && (bytes + row.bytes > limit || index - start === MAX_ROWS)) {
      yield rows.slice(start, index)
      start = index
      bytes = 0
    }
    bytes += row.bytes
  }
  yield rows.slice(start)
}
