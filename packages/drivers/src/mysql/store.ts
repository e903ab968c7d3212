import { Number, String } from '@osprofiler/core/toolkit'
import { COLUMNS, type RecordRow } from '../records/record-row.js'
import { toTextOrNull, toTraceSummary, toWalkedRecord } from '../sql/result-rows.js'
import type { SqlSession } from '../sql/session.js'
import type { SqlStore } from '../sql/store.js'
import { createComparisons, EXACT_ID } from './comparison.js'
import { findMysqlHolders } from './lock-holders.js'
import { createRowRemover } from './remove-unlocked.js'

// This is the table that SQLAlchemy creates for Python's driver, except that `id` is BIGINT. At a million requests a
// day, the numbers of an INTEGER would run out within months. The statement sets the character set and the collation,
// because the database's defaults may lack characters, or treat different characters as equal. Of Python's eight
// indexes, only the two that this driver's queries use are created.
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS data (
  id BIGINT NOT NULL AUTO_INCREMENT, timestamp VARCHAR(26), base_id VARCHAR(255), parent_id VARCHAR(255),
  trace_id VARCHAR(255), project VARCHAR(255), host VARCHAR(255), service VARCHAR(255), name VARCHAR(255), data JSON,
  PRIMARY KEY (id), KEY ix_data_base_id (base_id), KEY ix_data_timestamp (timestamp)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

/** The space in a packet that is reserved for the statement without its values. */
const PACKET_MARGIN_BYTES = 65_536

/** Creates the store for a session. `maxPacket` is the server's `max_allowed_packet`, in bytes. */
export function createMysqlStore(session: SqlSession, maxPacket: number, version: string): SqlStore {
  const { findColumns, forgetColumns, toPlaceholder, toCondition } = createComparisons(session)
  let isAutocommitOff = false

  return {
    session,
    maxBytes: maxPacket - PACKET_MARGIN_BYTES,
    hasTable: findColumns,
    forgetTable: forgetColumns,
    // The session's settings already limit lock waits, so `attempt` needs no transaction.
    attempt: work => work(),
    async createTable() {
      await session.run(CREATE_TABLE)
    },
    async begin() {
      // With autocommit off, a statement begins a transaction if no transaction is open. This saves the round trip of a
      // BEGIN for each batch.
      if (!isAutocommitOff) await session.run('SET autocommit = 0')
      isAutocommitOff = true
    },
    async insert(rows) {
      const row = `(${COLUMNS.map(() => '?').join(', ')})`
      const text = `INSERT INTO data (${COLUMNS.join(', ')}) VALUES ${rows.map(() => row).join(', ')}`
      await session.run(text, rows.flat(), true)
    },
    async findRecords(baseId, after, limit) {
      const { rows } = await session.run(
        `SELECT id, LENGTH(data) FROM data WHERE ${toCondition([baseId])} AND id > ? ORDER BY id LIMIT ${limit}`,
        [baseId, baseId, after],
      )
      return rows.map(([id, bytes]) => ({ id: Number(id), bytes: Number(bytes) }))
    },
    async readRows(ids) {
      const { rows } = await session.run(`SELECT ${COLUMNS.join(', ')} FROM data WHERE id IN (?) ORDER BY id`, [ids])
      return rows.map((row): RecordRow => row.map(toTextOrNull))
    },
    async walk({ from, direction, limit, withSuspects }) {
      const [sign, order] = direction === 'older' ? ['<', 'DESC'] : ['>', 'ASC']
      const bytes = withSuspects
        ? `CASE WHEN INSTR(data, 'etype') OR INSTR(data, 'status_code') THEN LENGTH(data) END`
        : 'NULL'
      const time = toPlaceholder('timestamp')
      const behind =
        from === undefined
          ? ''
          : `AND timestamp ${sign}= ${time} AND (timestamp ${sign} ${time} OR id ${sign} ${from.id})`
      const { rows } = await session.run(
        `SELECT timestamp, id, base_id, name, service, ${bytes} FROM data
         WHERE timestamp IS NOT NULL AND base_id IS NOT NULL ${behind}
         ORDER BY timestamp ${order}, id ${order} LIMIT ${limit}`,
        from === undefined ? [] : [from.timestamp, from.timestamp],
      )
      return rows.map(toWalkedRecord)
    },
    async summarize(baseIds) {
      const { rows } = await session.run(
        `SELECT base_id, timestamp, name, project, service, records FROM (
           SELECT base_id, timestamp, name, project, service, COUNT(*) OVER (PARTITION BY ${EXACT_ID}) AS records,
             ROW_NUMBER() OVER (PARTITION BY ${EXACT_ID} ORDER BY timestamp, id) AS place
           FROM data WHERE ${toCondition(baseIds)} AND timestamp IS NOT NULL) AS traces
         WHERE place = 1`,
        [...baseIds, ...baseIds],
      )
      return rows.map(toTraceSummary)
    },
    async findTracesWithin(baseIds, { from, to }) {
      const { rows } = await session.run(
        `SELECT MIN(base_id) FROM data WHERE ${toCondition(baseIds)} AND timestamp >= ${toPlaceholder('timestamp')}
         AND timestamp <= ${toPlaceholder('timestamp')}
         GROUP BY ${EXACT_ID}`,
        [...baseIds, ...baseIds, from, to],
      )
      return rows.map(([baseId]) => String(baseId))
    },
    async findRecordsOutside(baseIds, young, limit) {
      const time = toPlaceholder('timestamp')
      const old = young === undefined ? '' : `AND (timestamp IS NULL OR timestamp < ${time} OR timestamp > ${time})`
      const { rows } = await session.run(
        `SELECT id, base_id FROM data WHERE ${toCondition(baseIds)} ${old} LIMIT ${limit}`,
        [...baseIds, ...baseIds, ...(young === undefined ? [] : [young.from, young.to])],
      )
      return rows.map(([id, baseId]) => ({ id: Number(id), baseId: String(baseId) }))
    },
    removeRows: createRowRemover(session, version),
    async findExistingRows(ids) {
      const { rows } = await session.run('SELECT id FROM data WHERE id IN (?)', [ids])
      return rows.map(([id]) => Number(id))
    },
    findHolders: ids => findMysqlHolders(session, ids !== undefined),
  }
}
