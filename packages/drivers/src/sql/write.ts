import { Error, Math } from '@osprofiler/core/toolkit'
import type { SqlBatch, SqlRow } from './batch.js'
import { isFailure } from './failure.js'
import type { SqlStore } from './store.js'

type Rows = readonly SqlRow[]

/** More rows have more values than a statement may have: 2 ** 16 in both databases. */
const STATEMENT_ROWS = 5_000
const STATEMENT_BYTES = 4_000_000

/** The answer to a COMMIT was lost. */
export class CommitLost extends Error {
  override readonly name = 'CommitLost'
}

/**
 * Writes a batch in one transaction and says how many rows of it the database refuses. A failure means that nothing
 * was written, unless it is `CommitLost`.
 */
export async function writeBatch(store: SqlStore, batch: SqlBatch): Promise<number> {
  const rows = batch.rows.filter(({ bytes }) => bytes <= store.maxBytes)
  const refused = batch.refused + batch.rows.length - rows.length
  if (rows.length === 0) return refused
  if (!(await store.hasTable())) await store.createTable()
  try {
    return refused + (await transact(store, () => insertAll(store, rows)))
  } catch (error) {
    if (isFailure(error, 'missing')) await store.createTable()
    else if (!isFailure(error, 'refused')) throw error
  }
  // What is refused is found out the second time, so that the first needs no savepoints.
  return refused + (await transact(store, () => insertOrRefuse(store, rows)))
}

async function transact(store: SqlStore, work: () => Promise<number>): Promise<number> {
  const { session } = store
  await store.begin()
  let refused: number
  try {
    refused = await work()
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
  return refused
}

async function insertAll(store: SqlStore, rows: Rows): Promise<number> {
  for (const piece of toPieces(rows, store.maxBytes)) await store.insert(piece.map(({ values }) => values))
  return 0
}

/** Halves what the database refuses until it is single rows, and returns how many these were. */
async function insertOrRefuse(store: SqlStore, rows: Rows): Promise<number> {
  const { session } = store
  await session.run('SAVEPOINT osprofiler')
  try {
    await insertAll(store, rows)
    await session.run('RELEASE SAVEPOINT osprofiler')
    return 0
  } catch (error) {
    if (!isFailure(error, 'refused')) throw error
    await session.run('ROLLBACK TO SAVEPOINT osprofiler')
  }
  if (rows.length === 1) return 1
  const half = rows.length >> 1
  return (await insertOrRefuse(store, rows.slice(0, half))) + (await insertOrRefuse(store, rows.slice(half)))
}

function* toPieces(rows: Rows, maxBytes: number): Iterable<Rows> {
  const limit = Math.min(STATEMENT_BYTES, maxBytes)
  let start = 0
  let bytes = 0
  for (const [index, row] of rows.entries()) {
    if (index > start && (bytes + row.bytes > limit || index - start === STATEMENT_ROWS)) {
      yield rows.slice(start, index)
      start = index
      bytes = 0
    }
    bytes += row.bytes
  }
  yield rows.slice(start)
}
