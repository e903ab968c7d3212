import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type PostgresqlServer, startPostgresql } from '../../../test/servers/postgresql.js'
import { expectAll, expectFailure, expectOthers } from './refused-records.js'

let server: PostgresqlServer
let secure: PostgresqlServer
beforeAll(async () => {
  server = await startPostgresql({ password: 's3cret' })
  secure = await startPostgresql({ password: 's3cret', tls: true })
})
afterAll(async () => {
  await server.stop()
  await secure.stop()
})

async function run(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query(text)
  await client.end()
}

/** Makes the table refuse records named "bad" for the rest of the test. */
async function refuseBad(code: string): Promise<void> {
  await run(`
    CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.name = 'bad' THEN RAISE EXCEPTION 'no' USING ERRCODE = '${code}'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON data FOR EACH ROW EXECUTE FUNCTION refuse()`)
  onTestFinished(() => run('DROP TRIGGER refuse ON data'))
}

describe('a process that writes to PostgreSQL gets a warning and keeps all records if', () => {
  it('the password is wrong', async () => {
    await expectFailure(server.url.replace('s3cret', 'wr0ng'), /correct them in the connection string/)
  })

  it('the database does not exist', async () => {
    await expectFailure(server.url.replace(/osprofiler$/, 'other'), /no such database; create it/)
  })

  it('the server requires TLS', async () => {
    await expectFailure(`${secure.url}?sslmode=disable`, /see its pg_hba.conf, and sslmode/)
  })

  it('the server does not speak TLS', async () => {
    await expectFailure(`${server.url}?sslmode=require`, /does not speak TLS; use sslmode=disable/)
  })

  it('the user may not write', async () => {
    await expectOthers(server.url, [])
    await server.sql(`CREATE ROLE reader LOGIN PASSWORD 's3cret'`)

    await expectFailure(server.url.replace('//osprofiler', '//reader'), /grant the user SELECT, INSERT and DELETE/)
  })

  it('the server is read-only', async () => {
    await server.sql('ALTER DATABASE osprofiler SET default_transaction_read_only = on')
    onTestFinished(async () => {
      await server.sql('ALTER DATABASE osprofiler SET default_transaction_read_only = off')
    })

    await expectFailure(server.url, /is read-only/)
  })
})

describe('PostgreSQL keeps the other records of a batch if one record', () => {
  it.each([
    ['has a NUL in its name', { name: 'a\0b' }],
    ['has half a surrogate pair in its project', { project: '\udc00' }],
    ['has a service of more than 255 characters', { service: '漢'.repeat(256) }],
    ['has an invalid timestamp', { timestamp: 'never' }],
    ['is larger than a row may be', { info: { text: 'x'.repeat(60_000_000) } }],
  ])('%s', async (_, culprit) => {
    const { stats, warnings } = await expectOthers(server.url, [culprit])

    expect(stats).toMatchObject({ dropped: 1, unknown: 0 })
    expect(warnings.map(({ code }) => code)).toEqual(['OSPROFILER_RECORDS_DROPPED'])
  })

  it('has NUL and half a surrogate pair in its info (that record is kept, too)', async () => {
    await expectAll(server.url, [{}, { info: { host: '\0', text: 'a\0b\ud800', '\udfff': 1 } }, {}])
  })

  it.each(['P0001', '23514', '53200', 'XX000', '40001'])('is refused with SQLSTATE %s on each try', async code => {
    await expectOthers(server.url, [])
    await refuseBad(code)

    const { stats, warnings } = await expectOthers(server.url, [{ name: 'bad' }, { name: 'bad' }])

    expect(stats).toMatchObject({ dropped: 2, unknown: 0 })
    expect(warnings).toEqual([
      { code: 'OSPROFILER_RECORDS_DROPPED', message: expect.stringContaining(`It answers ${code}.`) },
    ])
  })
})
