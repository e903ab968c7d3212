import pg from 'pg'
import { startPostgresql } from '../../test/servers/dist/postgresql.js'
import { startNode } from '../child.js'
import { measureCalls } from './measure-calls.js'

/** Measures a pg query, on a connected client and on a pool with one connection. */
export async function runPg(effort) {
  const server = await startPostgresql()
  const { url } = server
  const client = new pg.Client(url)
  await client.connect()
  await client.query("CREATE TABLE products AS SELECT n AS id, 'n' || n AS name FROM generate_series(1, 100) AS n")
  await client.end()
  for (const by of ['client', 'pool']) {
    await measureCalls(`A query of pg by a ${by}`, name => startNode('instruments/pg.js', name, by, url), effort)
  }
  await server.stop()
}
