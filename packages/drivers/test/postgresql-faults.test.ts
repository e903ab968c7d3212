import pg from 'pg'
import { startPostgresql } from '../../../test/servers/postgresql.js'
import { describeFaults } from './sql-faults.js'

const OBSTRUCT = `
  CREATE OR REPLACE FUNCTION obstruct() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.name = 'bad' THEN RAISE EXCEPTION 'no'; END IF;
    IF NEW.name = 'full' THEN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER obstruct BEFORE INSERT ON data FOR EACH ROW EXECUTE FUNCTION obstruct()`

describeFaults('PostgreSQL', async () => {
  const server = await startPostgresql()

  async function run(text: string): Promise<readonly unknown[]> {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    const { rows = [] } = await client.query({ text, rowMode: 'array' })
    await client.end()
    return rows[0] ?? []
  }

  /** Sets whether later sessions are read-only. The setting of a database does not affect open sessions. */
  async function setReadOnly(value: string): Promise<void> {
    await server.sql(`ALTER DATABASE osprofiler SET default_transaction_read_only = ${value}`)
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
      await run('DROP TRIGGER IF EXISTS obstruct ON data')
    },
    async obstruct() {
      await run(OBSTRUCT)
    },
    async forbidWrites() {
      await setReadOnly('on')
      await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'osprofiler'`)
    },
    // Read-only sessions stay read-only, so clients have to reconnect, as after a failover.
    allowWrites: () => setReadOnly('off'),
    async lockOut() {
      await server.sql('ALTER ROLE osprofiler NOLOGIN')
    },
    async letIn() {
      await server.sql('ALTER ROLE osprofiler LOGIN')
    },
  }
})
