import { openDriver } from '@osprofiler/drivers'
import mysql from 'mysql2/promise'
import { createRecords } from '../store/records.js'
import { COLUMNS, toData, toRow } from './sql-rows.js'

const SETTINGS = {
  'innodb-flush-log-at-trx-commit': '1',
  'innodb-buffer-pool-size': '256M',
  'innodb-log-file-size': '96M',
}

/** MariaDB as a store of the benchmark: see `stores.js`. It flushes commits to disk. */
export const store = {
  title: 'MariaDB',
  toText: toData,

  async start() {
    const { startMariadb } = await import('../../test/servers/dist/mariadb.js')
    const server = await startMariadb({ settings: SETTINGS })
    // For `mysql:`, SQLAlchemy loads its default client, which the tests do not install. So `mysql+pymysql:` selects
    // PyMySQL.
    const url = server.url.replace('mysql:', 'mysql+pymysql:')
    const driver = openDriver(url)
    await driver.write(createRecords(1))
    await driver.close()
    const client = await mysql.createConnection({ uri: server.url })
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

  /** Writes one prepared multi-row insert per batch, without an explicit transaction. */
  openBare(url) {
    const connected = mysql.createConnection({ uri: url })
    const row = `(${COLUMNS.map(() => '?').join(', ')})`
    return {
      async write(batch, toText) {
        const client = await connected
        await client.execute(
          `INSERT INTO data (${COLUMNS.join(', ')}) VALUES ${batch.map(() => row).join(', ')}`,
          batch.flatMap(item => toRow(item, toText(item))),
        )
      },
    }
  },
}
