import { openDriver } from '@osprofiler/drivers'
import pg from 'pg'
import { createRecords } from '../store/records.js'
import { COLUMNS, toData, toRow } from './sql-rows.js'

// An insert from one array per column is twice as fast as an insert with a list of all values.
const INSERT = `INSERT INTO data (${COLUMNS.join(', ')})
  SELECT ${COLUMNS.map(column => (column === 'data' ? 'data::json' : column)).join(', ')}
  FROM unnest(${COLUMNS.map((_, index) => `$${index + 1}::text[]`).join(', ')}) AS batch (${COLUMNS.join(', ')})`

/** PostgreSQL as a store of the benchmark: see `stores.js`. It flushes commits to disk. */
export const store = {
  title: 'PostgreSQL',
  toText: toData,

  async start() {
    const { startPostgresql } = await import('../../test/servers/dist/postgresql.js')
    const server = await startPostgresql({ settings: { fsync: 'on', shared_buffers: '256MB' } })
    const { url } = server
    const driver = openDriver(url)
    await driver.write(createRecords(1))
    await driver.close()
    const client = await connect(url)
    return {
      url,
      python: ['osprofiler.drivers.sqlalchemy_driver.SQLAlchemyDriver', url],
      clear: () => client.query('TRUNCATE data'),
      async stop() {
        await client.end()
        await server.stop()
      },
    }
  },

  /** Writes one multi-row insert per batch, without an explicit transaction. */
  openBare(url) {
    const connected = connect(url)
    return {
      async write(batch, toText) {
        const client = await connected
        const rows = batch.map(item => toRow(item, toText(item)))
        await client.query(
          INSERT,
          COLUMNS.map((_, index) => rows.map(row => row[index])),
        )
      },
    }
  },
}

async function connect(url) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}
