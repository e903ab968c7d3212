import mysql, { type RowDataPacket } from 'mysql2/promise'
import { startMariadb } from '../../../test/servers/mariadb.js'
import { describeFaults } from './sql-faults.js'

const OBSTRUCT = `CREATE TRIGGER obstruct BEFORE INSERT ON data FOR EACH ROW
  IF NEW.name = 'bad' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no';
  ELSEIF NEW.name = 'full' THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'no room';
  END IF`

describeFaults('MariaDB', async () => {
  const server = await startMariadb()

  async function run(text: string): Promise<readonly unknown[]> {
    const connection = await mysql.createConnection({ uri: server.url, rowsAsArray: true })
    const [rows] = await connection.query<RowDataPacket[][]>(text)
    await connection.end()
    return Array.isArray(rows) ? (rows[0] ?? []) : []
  }

  return {
    ...server,
    async countRows() {
      const [rows, distinct] = await run('SELECT count(*), count(DISTINCT trace_id) FROM data')
      return { rows: Number(rows), distinct: Number(distinct) }
    },
    async empty() {
      await run('TRUNCATE data')
    },
    async relieve() {
      await run('DROP TRIGGER IF EXISTS obstruct')
    },
    async obstruct() {
      await run(OBSTRUCT)
    },
    async forbidWrites() {
      await server.sql('SET GLOBAL read_only = ON')
    },
    async allowWrites() {
      await server.sql('SET GLOBAL read_only = OFF')
    },
    async lockOut() {
      await server.sql('ALTER USER osprofiler ACCOUNT LOCK')
    },
    async letIn() {
      await server.sql('ALTER USER osprofiler ACCOUNT UNLOCK')
    },
  }
})
