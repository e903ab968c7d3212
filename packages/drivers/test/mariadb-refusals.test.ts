import mysql from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type MariadbServer, startMariadb } from '../../../test/servers/mariadb.js'
import { expectAll, expectFailure, expectOthers } from './refused-records.js'

const PACKET_BYTES = 1_048_576

let server: MariadbServer
let secure: MariadbServer
beforeAll(async () => {
  server = await startMariadb({ password: 's3cret', settings: { 'max-allowed-packet': String(PACKET_BYTES) } })
  secure = await startMariadb({ password: 's3cret', tls: true })
})
afterAll(async () => {
  await server.stop()
  await secure.stop()
})

async function run(text: string): Promise<void> {
  const connection = await mysql.createConnection(server.url)
  await connection.query(text)
  await connection.end()
}

/** Makes the table refuse records named "bad" for the rest of the test. */
async function refuseBad(state: string, code: number): Promise<void> {
  await run(`CREATE TRIGGER refuse BEFORE INSERT ON data FOR EACH ROW
    IF NEW.name = 'bad' THEN SIGNAL SQLSTATE '${state}' SET MYSQL_ERRNO = ${code}, MESSAGE_TEXT = 'no'; END IF`)
  onTestFinished(() => run('DROP TRIGGER refuse'))
}

describe('a process that writes to MariaDB gets a warning and keeps all records if', () => {
  it('the password is wrong', async () => {
    await expectFailure(server.url.replace('s3cret', 'wr0ng'), /correct them in the connection string/)
  })

  it('the user may not use the database', async () => {
    await expectFailure(server.url.replace(/osprofiler$/, 'other'), /does not let this user use the database/)
  })

  it('the server does not speak TLS', async () => {
    await expectFailure(`${server.url}?ssl_mode=REQUIRED`, /does not speak TLS; use ssl_mode=DISABLED/)
  })

  it('the server accepts the user only over TLS', async () => {
    await expectFailure(`${secure.url}?ssl_mode=DISABLED`, /refuses this user and password/)
  })

  it('the user may not write', async () => {
    await server.sql(`CREATE USER reader@'%' IDENTIFIED BY 's3cret'; GRANT SELECT ON osprofiler.* TO reader@'%'`)

    await expectFailure(server.url.replace('//osprofiler', '//reader'), /grant the user SELECT, INSERT and DELETE/)
  })

  it('the server is read-only', async () => {
    await server.sql('SET GLOBAL read_only = ON')
    onTestFinished(async () => {
      await server.sql('SET GLOBAL read_only = OFF')
    })

    await expectFailure(server.url, /is read-only/)
  })
})

describe('MariaDB keeps the other records of a batch if one record', () => {
  it.each([
    ['has half a surrogate pair in its project', { project: '\udc00' }],
    ['has a service of more than 255 characters', { service: '漢'.repeat(256) }],
    ['has an invalid timestamp', { timestamp: 'never' }],
    ['is larger than max_allowed_packet', { info: { text: 'x'.repeat(PACKET_BYTES) } }],
  ])('%s', async (_, culprit) => {
    const { stats, warnings } = await expectOthers(server.url, [culprit], { batchBytes: 100_000_000 })

    expect(stats).toMatchObject({ dropped: 1, unknown: 0 })
    expect(warnings.map(({ code }) => code)).toEqual(['OSPROFILER_RECORDS_DROPPED'])
  })

  it('is almost as large as max_allowed_packet (that record is kept, too)', async () => {
    const large = { info: { text: '漢"\\'.repeat(80_000) } }

    await expectAll(server.url, [{}, large, large, {}, large], { batchBytes: 100_000_000 })
  })

  it.each([
    ['45000', 1644],
    ['23000', 4025],
    ['HY000', 1037],
    ['HY000', 1105],
    ['40001', 1213],
  ])('is refused with SQLSTATE %s (error %i) on each try', async (state, code) => {
    await expectOthers(server.url, [])
    await refuseBad(state, code)

    const { stats, warnings } = await expectOthers(server.url, [{ name: 'bad' }, { name: 'bad' }])

    expect(stats).toMatchObject({ dropped: 2, unknown: 0 })
    expect(warnings).toEqual([
      { code: 'OSPROFILER_RECORDS_DROPPED', message: expect.stringMatching(/It answers [A-Z_0-9]+\./) },
    ])
  })
})
