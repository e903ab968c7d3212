import { withTrace } from '@osprofiler/core'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SharedDatabase, shareMariadb, sharePostgresql } from '../../../test/servers/share.js'
import { recordWithoutSecrets, SECRET } from './secrets.js'

let postgresql: SharedDatabase
let mariadb: SharedDatabase

beforeAll(async () => {
  ;[postgresql, mariadb] = await Promise.all([sharePostgresql(), shareMariadb()])
})
afterAll(() => Promise.all([postgresql.stop(), mariadb.stop()]))

/** Queries with a secret in a literal, a comment or a failing statement. No record may show the secret. */
const QUERIES: [text: string, params?: string[]][] = [
  [`SELECT '${SECRET}' AS a, '${SECRET}''s' AS b`],
  [`SELECT 1 /* ${SECRET} */ -- ${SECRET}`],
  [`SELECT 'x' WHERE 'a' = '${SECRET}' OR 'b' IN ('${SECRET}', '${SECRET}')`],
  [`SELECT CAST('${SECRET}' AS DECIMAL) + nothing_${SECRET.length} FROM no_table WHERE a = '${SECRET}'`],
  [`SELEKT '${SECRET}'`],
]

const CLIENTS: Record<string, () => Promise<unknown>> = {
  async pg() {
    const client = new pg.Client(postgresql.url)
    await client.connect()
    for (const [text] of QUERIES) await failing(() => client.query(text))
    await client.query('SELECT $1::text AS a', [SECRET])
    await failing(() => client.query('SELECT $1::int AS a', [SECRET]))
    await failing(() => client.query(`DO $$ BEGIN RAISE 'unknown token ${SECRET}'; END $$`))
    await failing(() => client.query(`DO $a$ BEGIN EXECUTE $b$ DO $c$ BEGIN RAISE '${SECRET}'; END $c$ $b$; END $a$`))
    await client.end()
    const refused = new pg.Client(withUser(postgresql.url))
    await refused.connect().catch(() => undefined)
  },
  async postgres() {
    const sql = postgres(postgresql.url, { max: 1, onnotice: () => undefined })
    for (const [text] of QUERIES) await failing(async () => sql.unsafe(text))
    await sql`SELECT ${SECRET}::text AS a`
    await failing(async () => sql`SELECT ${SECRET}::int AS a`)
    await sql.end()
    const refused = postgres(withUser(postgresql.url), { max: 1 })
    await refused`SELECT 1`.catch(() => undefined)
    await refused.end({ timeout: 1 })
  },
  async mysql2() {
    const connection = await createConnection(mariadb.url)
    for (const [text] of QUERIES) await failing(() => connection.query(text))
    await connection.query('SELECT ? AS a', [SECRET])
    await connection.execute('SELECT ? AS a', [SECRET])
    await failing(() => connection.query('SELECT * FROM no_table WHERE a = ?', [SECRET]))
    await connection.end()
    await createConnection(withUser(mariadb.url)).catch(() => undefined)
  },
}

/**
 * Runs a query in one of the program's own points. That point records the failure too, so it could record the secret.
 */
async function failing(ask: () => Promise<unknown>): Promise<void> {
  await withTrace('step', ask).catch(() => undefined)
}

/** Returns the server's URL with a user that the server does not know. */
function withUser(url: string): string {
  const other = new URL(url)
  other.username = SECRET
  other.password = SECRET
  return other.href
}

describe.each(Object.entries(CLIENTS))('a query by %s', (_name, ask) => {
  it('is recorded without values and passwords', async () => {
    const records = await recordWithoutSecrets({ traceSql: 'statements', libraries: { postgres } }, ask)

    expect(records.some(({ name }) => name === 'db-start')).toBe(true)
  })
})
