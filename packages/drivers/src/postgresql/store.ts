import type { TraceSummary } from '@osprofiler/core'
import { Number, Set, String } from '@osprofiler/core/toolkit'
import { COLUMNS, type RecordRow } from '../records/record-row.js'
import { SqlFailure } from '../sql/failure.js'
import { checkColumns, toTextOrNull, toTraceSummary, toWalkedRecord } from '../sql/result-rows.js'
import { LOCK_WAIT_S, type SqlSession } from '../sql/session.js'
import type { SqlStore, WalkStep } from '../sql/store.js'
import { findPostgresqlHolders } from './lock-holders.js'
import { createRowRemover } from './remove-unlocked.js'

// This is the table that SQLAlchemy creates for Python's driver, except that `id` is BIGINT. At a million requests a
// day, the numbers of an INTEGER would run out within months. The collation "C" compares bytes, which is faster than a
// language's rules. Of Python's eight indexes, only the two that this driver's queries use are created, under the same
// names, because each index slows down every insert.
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS data (
  id BIGSERIAL NOT NULL, timestamp VARCHAR(26) COLLATE "C", base_id VARCHAR(255) COLLATE "C",
  parent_id VARCHAR(255), trace_id VARCHAR(255), project VARCHAR(255), host VARCHAR(255), service VARCHAR(255),
  name VARCHAR(255), data JSON, PRIMARY KEY (id))`
const CREATE_INDEXES = [
  'CREATE INDEX IF NOT EXISTS ix_data_base_id ON data (base_id)',
  'CREATE INDEX IF NOT EXISTS ix_data_timestamp ON data (timestamp)',
]
/**
 * Begins a transaction that limits its own lock waits. The limit is not set for the session, because a connection
 * pooler may give the session to another program afterward.
 */
const BEGIN = `BEGIN; SET LOCAL lock_timeout = '${LOCK_WAIT_S}s'`
/**
 * Prevents several processes from creating the table at the same time. The number of the lock was chosen arbitrarily.
 * Other programs probably do not use it.
 */
const TAKE_LOCK = 'SELECT pg_advisory_xact_lock(7160213846)'
/** SQLSTATEs of errors that occur if another process, such as a Python program, creates the table at the same time. */
const CREATED_BY_ANOTHER_STATES = new Set(['42P07', '42710', '23505'])

// The statement has one array per column, so it stays short, and its text is the same for any number of rows.
const INSERT = `INSERT INTO data (${COLUMNS.join(', ')})
  SELECT ${COLUMNS.map(column => (column === 'data' ? 'data::json' : column)).join(', ')}
  FROM unnest(${COLUMNS.map((_, index) => `$${index + 1}::text[]`).join(', ')}) AS batch (${COLUMNS.join(', ')})`

/**
 * Maximum size of a statement. PostgreSQL accepts 1,000,000,000 bytes per value, and easily handles a statement of this
 * size.
 */
const MAX_STATEMENT_BYTES = 100_000_000

/** Creates the store. The search path of the session determines which schema contains the table. */
export function createPostgresqlStore(session: SqlSession): SqlStore {
  let isTableKnown = false

  async function hasTable(): Promise<boolean> {
    if (isTableKnown) return true
    const { rows } = await session.run(
      `SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('data') AND attnum > 0 AND NOT attisdropped`,
    )
    isTableKnown = checkColumns(rows.map(([name]) => String(name)))
    return isTableKnown
  }

  async function createTable(): Promise<void> {
    await session.run(BEGIN)
    try {
      for (const statement of [TAKE_LOCK, CREATE_TABLE, ...CREATE_INDEXES]) await session.run(statement)
      await session.run('COMMIT')
    } catch (error) {
      if (session.isOpen) await session.run('ROLLBACK')
      if (!(error instanceof SqlFailure && CREATED_BY_ANOTHER_STATES.has(error.code ?? '') && (await hasTable())))
        throw error
    }
    isTableKnown = true
  }

  return {
    session,
    maxBytes: MAX_STATEMENT_BYTES,
    hasTable,
    forgetTable() {
      isTableKnown = false
    },
    createTable,
    async attempt(work) {
      await session.run(BEGIN)
      try {
        const result = await work()
        await session.run('COMMIT')
        return result
      } catch (error) {
        if (session.isOpen) await session.run('ROLLBACK')
        throw error
      }
    },
    async begin() {
      await session.run(BEGIN)
    },
    async insert(rows) {
      const columns = COLUMNS.map((_, index) => rows.map(row => row[index]))
      await session.run(INSERT, columns)
    },
    async findRecords(baseId, after, limit) {
      const { rows } = await session.run(
        'SELECT id, octet_length(data::text) FROM data WHERE base_id = $1 AND id > $2 ORDER BY id LIMIT $3',
        [baseId, after, limit],
      )
      return rows.map(([id, bytes]) => ({ id: Number(id), bytes: Number(bytes) }))
    },
    async readRows(ids) {
      const columns = COLUMNS.map(column => (column === 'data' ? 'data::text' : column)).join(', ')
      const { rows } = await session.run(`SELECT ${columns} FROM data WHERE id = ANY($1) ORDER BY id`, [ids])
      return rows.map((row): RecordRow => row.map(toTextOrNull))
    },
    walk: step => walk(session, step),
    summarize: baseIds => summarizeTraces(session, baseIds),
    async findTracesWithin(baseIds, { from, to }) {
      const { rows } = await session.run(
        'SELECT DISTINCT base_id FROM data WHERE base_id = ANY($1) AND timestamp >= $2 AND timestamp <= $3',
        [baseIds, from, to],
      )
      return rows.map(([baseId]) => String(baseId))
    },
    async findRecordsOutside(baseIds, young, limit) {
      const { rows } = await session.run(
        `SELECT id, base_id FROM data WHERE base_id = ANY($1)
         AND ($2::text IS NULL OR timestamp IS NULL OR timestamp < $2 OR timestamp > $3) LIMIT $4`,
        [baseIds, young?.from ?? null, young?.to ?? null, limit],
      )
      return rows.map(([id, baseId]) => ({ id: Number(id), baseId: String(baseId) }))
    },
    removeRows: createRowRemover(session),
    async findExistingRows(ids) {
      const { rows } = await session.run('SELECT id FROM data WHERE id = ANY($1)', [ids])
      return rows.map(([id]) => Number(id))
    },
    findHolders: ids => findPostgresqlHolders(session, ids),
  }
}

async function walk(session: SqlSession, { from, direction, limit, withSuspects }: WalkStep) {
  const [sign, order] = direction === 'older' ? ['<', 'DESC'] : ['>', 'ASC']
  const bytes = withSuspects ? `CASE WHEN data::text ~ 'etype|status_code' THEN octet_length(data::text) END` : 'NULL'
  const behind = from === undefined ? '' : `AND timestamp ${sign}= $2 AND (timestamp, id) ${sign} ($2, $3)`
  const { rows } = await session.run(
    `SELECT timestamp, id, base_id, name, service, ${bytes} FROM data
     WHERE timestamp IS NOT NULL AND base_id IS NOT NULL ${behind}
     ORDER BY timestamp ${order}, id ${order} LIMIT $1`,
    from === undefined ? [limit] : [limit, from.timestamp, from.id],
  )
  return rows.map(toWalkedRecord)
}

async function summarizeTraces(session: SqlSession, baseIds: readonly string[]): Promise<TraceSummary[]> {
  const { rows } = await session.run(
    `SELECT DISTINCT ON (base_id) base_id, timestamp, name, project, service, count(*) OVER (PARTITION BY base_id)
     FROM data WHERE base_id = ANY($1) AND timestamp IS NOT NULL ORDER BY base_id, timestamp, id`,
    [baseIds],
  )
  return rows.map(toTraceSummary)
}
