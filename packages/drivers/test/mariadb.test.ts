import { dirname, join } from 'node:path'
import { openDriver } from '@osprofiler/drivers'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MariadbServer, startMariadb } from '../../../test/servers/mariadb.js'
import { makeRecord, readAll } from './make-record.js'
import { describeLocks } from './sql-locks.js'
import { describeTable, expectToWork, open } from './sql-table.js'

let server: MariadbServer
beforeAll(async () => {
  // The server accepts only TLS, so the tests show that the driver uses TLS by default.
  server = await startMariadb({ password: 'open sesame', tls: true, settings: { 'max-allowed-packet': '2M' } })
})
afterAll(() => server.stop())

let databases = 0

async function createDatabase(on = server) {
  const name = `table_${++databases}`
  await on.sql(`CREATE DATABASE ${name}; GRANT ALL ON ${name}.* TO osprofiler`)
  const url = on.url.replace(/osprofiler$/, name)

  async function run(text: string): Promise<void> {
    const connection = await connect(url)
    await connection.query(text)
    await connection.end()
  }

  return {
    url,
    run,
    async urlFor(...rights: readonly string[]) {
      const user = `user_${databases}`
      await on.sql(`CREATE USER ${user} IDENTIFIED BY 'friend'; GRANT ${rights.join(', ')} ON ${name}.data TO ${user}`)
      return url.replace(/\/\/.*@/, `//${user}:friend@`)
    },
  }
}

/** Connects over TLS if the server supports TLS. */
function connect(url: string) {
  const ssl = url.includes(`:${server.port}/`) ? { rejectUnauthorized: false } : undefined
  return mysql.createConnection({ uri: url, ...(ssl && { ssl }) })
}

describeTable('mysql://', () => createDatabase())

describe.each([
  ['MariaDB', ''],
  ['MariaDB 10.5', '10.5.29-MariaDB'],
])('the mysql:// driver, while another program has locked its table or rows in %s,', (_, version) => {
  let locked: MariadbServer
  beforeAll(async () => {
    // MariaDB before 10.6 has no SKIP LOCKED. The driver relies on the version that the server reports, so the test
    // needs no old server.
    locked = version === '' ? server : await startMariadb({ settings: { version } })
  })
  afterAll(() => (version === '' ? undefined : locked.stop()))

  describeLocks(async () => {
    const database = await createDatabase(locked)
    // Without the PROCESS privilege, a user sees only its own connections, and cannot see whether they are in a
    // transaction.
    await locked.sql('GRANT PROCESS ON *.* TO osprofiler')

    async function hold(...statements: readonly string[]) {
      const connection = await connect(database.url)
      for (const statement of statements) await connection.query(statement)
      return { id: String(connection.threadId), end: () => connection.end() }
    }

    return {
      ...database,
      // With the default isolation level, a statement that scans the table would also lock rows that do not match its
      // condition.
      hold: statement => hold('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', 'BEGIN', statement),
      holdTable: () => hold('LOCK TABLES data WRITE'),
      describeHolder: () => 'a session that is not visible from here .the plugin metadata_lock_info',
    }
  })
})

describe('a MariaDB table', () => {
  it('refuses a record that is larger than a packet, and keeps the other records of the batch', async () => {
    const { url } = await createDatabase()
    const driver = open(url)
    const large = ['x', 'é', '漢', '"'].map(letter =>
      makeRecord({ base_id: letter, info: { text: letter.repeat(2_040_000 / Buffer.byteLength(letter)) } }),
    )
    const largest = makeRecord({ base_id: 'largest', info: { text: '漢'.repeat(670_000) } })

    const result = await driver.write([...large, largest, makeRecord({ base_id: 'small' })])

    expect(result?.refused).toBe(4)
    expect(await readAll(driver, 'largest')).toEqual([largest])
    expect(await readAll(driver, 'small')).toHaveLength(1)
  })

  // Python's driver creates this table on a server with the former default character set.
  const OLD_TABLE = `CREATE TABLE data (id INTEGER NOT NULL AUTO_INCREMENT, timestamp VARCHAR(26), base_id VARCHAR(255),
    parent_id VARCHAR(255), trace_id VARCHAR(255), project VARCHAR(255), host VARCHAR(255), service VARCHAR(255),
    name VARCHAR(255), data JSON, PRIMARY KEY (id), KEY ix_data_base_id (base_id), KEY ix_data_timestamp (timestamp))
    CHARACTER SET latin1 COLLATE latin1_swedish_ci`

  it('distinguishes ids that are equal in its collation', async () => {
    const { url, run } = await createDatabase()
    await run(OLD_TABLE)
    const driver = open(url)
    const records = ['id', 'ID', 'id ', 'íd', 'Id'].map(base_id => makeRecord({ base_id }))

    await driver.write(records)

    for (const record of records) expect(await readAll(driver, record.base_id)).toEqual([record])
    expect(await readAll(driver, 'iD')).toEqual([])
    expect(await readAll(driver, 'id😀')).toEqual([])
    expect(await driver.listTraces?.()).toHaveLength(5)
    expect(await driver.deleteTrace?.('ID')).toBe(1)
    expect(await driver.pruneTraces?.(new Date('2027-01-01'))).toBe(4)
  })

  it('refuses records with characters that its character set lacks, and keeps the other records', async () => {
    const { url, run } = await createDatabase()
    await run(OLD_TABLE)
    const driver = open(url)
    const kept = makeRecord({ base_id: 'kept', name: 'é-start', info: { text: '漢😀' } })

    const result = await driver.write([makeRecord({ name: '漢-start' }), kept, makeRecord({ service: '😀' })])

    expect(result?.refused).toBe(2)
    expect(await readAll(driver, 'kept')).toEqual([kept])
  })

  it("stores strings unchanged if the server's SQL mode changes the meaning of quotes and backslashes", async () => {
    await server.sql(`SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'`)
    const { url } = await createDatabase()

    await expectToWork(url)

    const driver = open(url)
    const record = makeRecord({ base_id: `\\' OR "1"="1" -- `, name: 'x\\' })
    await driver.write([record])
    expect(await readAll(driver, record.base_id)).toEqual([record])
    await server.sql('SET GLOBAL sql_mode = DEFAULT')
  })
})

describe('the connection of the mysql:// driver', () => {
  it('is closed if the server refuses the second statement', async () => {
    const { url } = await createDatabase()
    await server.sql(`CREATE USER hurried IDENTIFIED BY 'friend'; GRANT ALL ON table_${databases}.* TO hurried;
      ALTER USER hurried WITH MAX_QUERIES_PER_HOUR 1`)
    const driver = open(url.replace(/\/\/.*@/, '//hurried:friend@'))

    const listing = driver.listTraces?.()

    await expect(listing).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('cannot be used'),
    })
    const connections = `SELECT count(*) FROM information_schema.processlist WHERE user = 'hurried'`
    await expect.poll(async () => (await server.sql(connections)).trim(), { timeout: 5_000 }).toBe('0')
  })
})

describe('a MySQL connection string', () => {
  it.each(['mysql', 'mysql+pymysql', 'mysql+mysqldb', 'mariadb', 'mariadb+pymysql'])(
    'may begin with %s',
    async scheme => {
      const { url } = await createDatabase()
      const driver = open(url.replace('mysql', scheme))

      expect(driver).toMatchObject({ name: 'mysql', location: `127.0.0.1:${server.port}/table_${databases}` })
      expect(await driver.listTraces?.()).toEqual([])
    },
  )

  it('supports the TLS options of MySQL clients and of Python clients', async () => {
    const { url } = await createDatabase()
    const ca = `ssl_ca=${encodeURIComponent(server.certificateFile ?? '')}`

    for (const options of ['ssl_mode=REQUIRED', 'ssl_mode=preferred', 'ssl=true', ca, `${ca}&ssl_mode=VERIFY_CA`])
      await expectToWork(`${url}?${options}`)
    await expectToWork(`${url}?${ca}&ssl_check_hostname=false`)
    for (const options of ['ssl_disabled=true', 'ssl=false', 'ssl_mode=DISABLED']) {
      await expect(open(`${url}?${options}`).listTraces?.()).rejects.toMatchObject({ code: 'ERR_STORE' })
    }
    for (const options of ['ssl_verify_cert=true', 'ssl_mode=VERIFY_IDENTITY']) {
      const refusal = { code: 'ERR_STORE', message: expect.stringContaining('certificate') }
      await expect(open(`${url}?${options}`).listTraces?.()).rejects.toMatchObject(refusal)
    }
    expect(() => openDriver(`${url}?ssl_ca=/nowhere`)).toThrow(/ssl_ca.*ENOENT/)
  })

  it('may name a socket, a character set and several hosts', async () => {
    const { url } = await createDatabase()
    const socket = join(dirname(server.certificateFile ?? ''), 'socket')
    await server.sql(`CREATE USER local@localhost; GRANT ALL ON osprofiler.* TO local@localhost`)

    await expectToWork(`mysql+pymysql://local@/osprofiler?unix_socket=${encodeURIComponent(socket)}&charset=utf8mb4`)
    await expectToWork(url.replace('@', '@127.0.0.1:1,'))
  })

  it('ignores common options of other clients, and refuses unknown options', async () => {
    const { url } = await createDatabase()

    // DevStack writes connection strings in this form.
    await expectToWork(`${url.replace('mysql', 'mysql+pymysql')}?charset=utf8&plugin=dbcounter`)
    await expectToWork(`${url}?read_timeout=60&write_timeout=60&autocommit=true&local_infile=0&use_unicode=1`)
    expect(() => openDriver(`${url}?read_default_file=/etc/my.cnf`)).toThrow(/no option "read_default_file"/)
  })

  it('must name a database', () => {
    expect(() => openDriver('mysql://user:Tr0ub4dor@host')).toThrow(
      expect.objectContaining({
        code: 'ERR_CONNECTION_STRING',
        message: expect.not.stringContaining('Tr0ub'),
      }) as Error,
    )
  })
})
