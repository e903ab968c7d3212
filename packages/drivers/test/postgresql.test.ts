import { dirname } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresqlServer, startPostgresql } from '../../../test/servers/postgresql.js'
import { makeRecord, readAll } from './make-record.js'
import { describeLocks } from './sql-locks.js'
import { describeTable, expectToWork, open } from './sql-table.js'

let server: PostgresqlServer
beforeAll(async () => {
  // The server accepts only TLS, so the tests show that the driver uses TLS by default.
  server = await startPostgresql({ password: 'open sesame', tls: true })
})
afterAll(() => server.stop())

let databases = 0

async function createDatabase() {
  const name = `table_${++databases}`
  await server.sql(`CREATE DATABASE ${name} OWNER osprofiler`)
  const url = server.url.replace(/osprofiler$/, name)

  async function run(text: string): Promise<void> {
    const client = new pg.Client({ connectionString: url, ssl: { rejectUnauthorized: false } })
    await client.connect()
    await client.query(text)
    await client.end()
  }

  return {
    url,
    run,
    async urlFor(...rights: readonly string[]) {
      const user = `user_${databases}`
      await server.sql(`CREATE ROLE ${user} LOGIN PASSWORD 'friend'`)
      await run(`GRANT ${rights.join(', ')} ON data TO ${user}; GRANT USAGE ON SEQUENCE data_id_seq TO ${user}`)
      return url.replace(/\/\/.*@/, `//${user}:friend@`)
    },
  }
}

describeTable('postgresql://', createDatabase)

describe('the postgresql:// driver, while another program has locked its table or rows,', () => {
  describeLocks(async () => {
    const database = await createDatabase()

    async function hold(statement: string) {
      const client = new pg.Client({ connectionString: database.url, ssl: { rejectUnauthorized: false } })
      await client.connect()
      const { rows } = await client.query('SELECT pg_backend_pid() AS id')
      await client.query('BEGIN')
      await client.query(statement)
      return { id: String(rows[0].id), end: () => client.end() }
    }

    return {
      ...database,
      hold,
      holdTable: () => hold('LOCK TABLE data IN ACCESS EXCLUSIVE MODE'),
      describeHolder: (id: string) => `another transaction.* connection ${id}\\b`,
    }
  })
})

describe('a PostgreSQL connection string', () => {
  it.each(['postgres', 'postgresql', 'postgresql+psycopg2', 'postgresql+psycopg', 'POSTGRESQL+ASYNCPG'])(
    'may begin with %s',
    async scheme => {
      const { url } = await createDatabase()
      const driver = open(url.replace('postgresql', scheme))

      expect(driver).toMatchObject({ name: 'postgresql', location: `127.0.0.1:${server.port}/table_${databases}` })
      expect(await driver.listTraces?.()).toEqual([])
    },
  )

  it("supports libpq's TLS modes", async () => {
    const { url } = await createDatabase()
    const root = `sslrootcert=${encodeURIComponent(server.certificateFile ?? '')}`

    for (const options of ['require', 'prefer', 'allow', `verify-ca&${root}`, `verify-full&${root}`, `require&${root}`])
      await expectToWork(`${url}?sslmode=${options}`)
    const refusal = (message: string) => ({ code: 'ERR_STORE', message: expect.stringContaining(message) })
    await expect(open(`${url}?sslmode=disable`).listTraces?.()).rejects.toMatchObject(refusal('sslmode'))
    await expect(open(`${url}?sslmode=verify-full`).listTraces?.()).rejects.toMatchObject(refusal('certificate'))
    expect(() => open(`${url}?sslrootcert=/nowhere`)).toThrow(/sslrootcert.*ENOENT/)
  })

  it('may name a socket directory or several hosts, and may name the host and the user in options', async () => {
    const folder = dirname(server.certificateFile ?? '')
    await server.sql('CREATE DATABASE sockets')
    const parts = `host=127.0.0.1&port=${server.port}&user=osprofiler&password=open%20sesame&dbname=osprofiler`

    await expectToWork(`postgresql://postgres@/sockets?host=${encodeURIComponent(folder)}&port=${server.port}`)
    await expectToWork(`postgresql://postgres@${encodeURIComponent(folder)}:${server.port}/sockets`)
    await expectToWork(`postgresql:///?${parts}`)
    await expectToWork(server.url.replace('@', '@127.0.0.1:1,'))
  })

  it('may name several hosts and ports as in SQLAlchemy and libpq', async () => {
    const user = server.url.replace(/@.*/, '@')

    await expectToWork(`${user}/osprofiler?host=127.0.0.1:1&host=127.0.0.1:${server.port}`)
    await expectToWork(`${user}/osprofiler?host=127.0.0.1,127.0.0.1&port=1,${server.port}`)
    expect(open(`${user}/osprofiler?host=[::1]:5433,::1,db`).location).toBe('[::1]:5433,[::1]:5432,db:5432/osprofiler')
    expect(open(`${user}/osprofiler?host=[::1]&port=5434`).location).toBe('[::1]:5434/osprofiler')
  })

  it('ignores common options of other clients', async () => {
    await expectToWork(`${server.url}?keepalives=1&keepalives_idle=30&gssencmode=disable&plugin=dbcounter`)
  })

  it('may require a writable server', async () => {
    const { url, run } = await createDatabase()
    const database = url.slice(url.lastIndexOf('/') + 1)
    await expectToWork(`${url}?target_session_attrs=read-write`)
    await run(`ALTER DATABASE "${database}" SET default_transaction_read_only = on`)

    const refused = open(`${url}?target_session_attrs=read-write`).listTraces?.()

    await expect(refused).rejects.toMatchObject({ code: 'ERR_STORE', message: expect.stringContaining('is read-only') })
    await expect(open(`${url}?target_session_attrs=any`).listTraces?.()).resolves.toEqual(expect.anything())
  })

  it.each([
    'port=0',
    'port=65536',
    'port=x',
    'host=a,b,c&port=1,2',
    'user=a&user=b',
    'host=a:99999',
    'target_session_attrs=standby',
    'sslmode=maybe',
    'client_encoding=latin1',
    'charset=utf8',
  ])('does not accept %s', option => {
    expect(() => open(`${server.url}?${option}`)).toThrow(
      expect.objectContaining({ code: 'ERR_CONNECTION_STRING' }) as Error,
    )
  })

  it('may set session options', async () => {
    const { url, run } = await createDatabase()
    await run('CREATE SCHEMA traces')

    await expectToWork(`${url}?options=-csearch_path%3Dtraces&application_name=shop`)

    await expect(run('SELECT id FROM traces.data')).resolves.toBeUndefined()
  })

  it('may name a database whose encoding lacks characters, and records with such characters are refused', async () => {
    await server.sql(`CREATE DATABASE latin OWNER osprofiler TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`)
    const driver = open(server.url.replace(/osprofiler$/, 'latin'))
    const kept = makeRecord({ base_id: 'kept', name: 'é-start' })

    const result = await driver.write([makeRecord({ name: '漢-start' }), kept, makeRecord({ info: { text: '漢' } })])

    expect(result?.refused).toBe(2)
    expect(await readAll(driver, 'kept')).toEqual([kept])
  })
})
