import { openDriver } from '@osprofiler/drivers'
import mysql, { type Connection } from 'mysql2/promise'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type MariadbServer, startMariadb } from '../../../test/servers/mariadb.js'
import type { OnTestFinished } from './child.js'
import { makeTrace } from './make-record.js'

const BEFORE = new Date('2027-01-01T00:00:00Z')
const SLOW_TEST_TIMEOUT_MS = 40_000

let server: MariadbServer
beforeAll(async () => {
  server = await startMariadb()
  await server.sql(`GRANT PROCESS, RELOAD ON *.* TO osprofiler;
    CREATE USER limited; GRANT ALL ON osprofiler.* TO limited`)
})
afterAll(() => server.stop())

beforeEach(async () => {
  const driver = openDriver(server.url)
  await driver.pruneTraces?.(BEFORE)
  await driver.write(makeTrace(2, { base_id: 'trace-1' }))
  await driver.close()
})

let databases = 0

/** Creates a store for a concurrent test. */
async function makeStore(): Promise<string> {
  const name = `locked_${++databases}`
  await server.sql(`CREATE DATABASE ${name}; GRANT ALL ON ${name}.* TO osprofiler`)
  const url = server.url.replace(/osprofiler$/, name)
  const driver = openDriver(url)
  await driver.write(makeTrace(2, { base_id: 'trace-1' }))
  await driver.close()
  return url
}

/** Opens a connection as another program would. The connection stays idle unless a test uses it. */
async function join(
  user = 'osprofiler',
  url = server.url,
  onFinished: OnTestFinished = onTestFinished,
): Promise<Connection> {
  const connection = await mysql.createConnection({ uri: urlOf(user, url), multipleStatements: true })
  onFinished(async () => {
    connection.destroy()
    const left = `SELECT COUNT(*) FROM information_schema.processlist WHERE id = ${connection.threadId}`
    await vi.waitFor(async () => expect(await server.sql(left)).toBe('0\n'), { timeout: 30_000 })
  })
  return connection
}

function urlOf(user: string, url: string): string {
  return url.replace('//osprofiler@', `//${user}@`)
}

async function messageOf(user: string, url = server.url): Promise<string> {
  const driver = openDriver(urlOf(user, url))
  const message = await Promise.resolve(driver.pruneTraces?.(BEFORE)).then(String, error => (error as Error).message)
  await driver.close()
  return message
}

/** Prepares a transaction, and closes the connection. The prepared transaction keeps its locks. */
async function prepareAndLeave(): Promise<void> {
  const connection = await join()
  await connection.query(`XA START 'a'; UPDATE data SET project = 'held'; XA END 'a'; XA PREPARE 'a'`)
  connection.destroy()
  onTestFinished(() => server.sql(`XA ROLLBACK 'a'`).then(() => undefined))
  await expect
    .poll(() => server.sql(`SELECT COUNT(*) FROM information_schema.processlist WHERE id = ${connection.threadId}`))
    .toBe('0\n')
}

describe('the reported holder of locked MariaDB records', () => {
  it('is the only transaction with locks, never an idle connection', async () => {
    const [idle, holder] = [await join(), await join()]
    await holder.query(`BEGIN; SELECT * FROM data FOR UPDATE`)

    const message = await messageOf('osprofiler')

    expect(message).toMatch(
      new RegExp(
        `locked by connection ${holder.threadId} \\(osprofiler@.*; end that transaction, or run "KILL ${holder.threadId}"`,
      ),
    )
    expect(message).toContain('. Remove the rest when the lock is gone.')
    expect(message).not.toMatch(new RegExp(`connection ${idle.threadId}\\b`))
  })

  it('is one of the transactions with locks if there are several', async () => {
    const [holder, other] = [await join(), await join()]
    await server.sql(
      'CREATE TABLE IF NOT EXISTS osprofiler.other (id INT PRIMARY KEY); REPLACE INTO osprofiler.other VALUES (1)',
    )
    await holder.query(`BEGIN; SELECT * FROM data FOR UPDATE`)
    await other.query(`BEGIN; SELECT * FROM other FOR UPDATE`)

    const message = await messageOf('osprofiler')

    expect(message).toContain('locked by another transaction, perhaps one of these: connection ')
    for (const { threadId } of [holder, other]) expect(message).toContain(`connection ${threadId} (`)
    expect(message).toContain('end the one that has the lock')
  })

  it('can be a prepared transaction whose connection has ended', async () => {
    await join()
    await prepareAndLeave()

    const message = await messageOf('osprofiler')

    expect(message).toMatch(/locked by a prepared transaction without a connection \(in a .* run "XA RECOVER"/)
    expect(message).not.toContain('connection 1')
  })

  it('is unknown to a user without the PROCESS privilege, and is never a connection of that user', async () => {
    await join('limited')
    await (await join()).query(`BEGIN; SELECT * FROM data FOR UPDATE`)

    const message = await messageOf('limited')

    expect(message).toContain(
      'locked by a session that is not visible from here (to see the owner, grant this user PROCESS). Remove the rest when',
    )
    expect(message).not.toMatch(/connection \d/)
  })
})

describe.each([false, true])(
  'the reported holder of a locked MariaDB table (plugin metadata_lock_info installed: %s)',
  hasPlugin => {
    beforeAll(() => (hasPlugin ? server.sql(`INSTALL SONAME 'metadata_lock_info'`) : undefined))
    afterAll(() => (hasPlugin ? server.sql(`UNINSTALL SONAME 'metadata_lock_info'`) : undefined))

    function expectHolder(message: string, holder: Connection, idle: Connection): void {
      expect(message).toMatch(
        hasPlugin
          ? new RegExp(`is locked by connection ${holder.threadId} \\(osprofiler@.*"KILL ${holder.threadId}"`)
          : /is locked by a session that is not visible from here \(the plugin metadata_lock_info, /,
      )
      expect(message).not.toMatch(new RegExp(`connection ${idle.threadId}\\b`))
    }

    // The tests run concurrently, because each waits for ten seconds.
    it.concurrent.for(['LOCK TABLES data WRITE', 'LOCK TABLES data READ'])(
      'is named, after %s, only if the plugin is installed',
      { timeout: SLOW_TEST_TIMEOUT_MS },
      async (statement, { onTestFinished: onFinished }) => {
        const url = await makeStore()
        const [idle, holder] = [await join('osprofiler', url, onFinished), await join('osprofiler', url, onFinished)]
        await holder.query(statement)

        expectHolder(await messageOf('osprofiler', url), holder, idle)
      },
    )

    it('is the transaction for which an ALTER TABLE waits', { timeout: SLOW_TEST_TIMEOUT_MS }, async () => {
      const [idle, reader, altering] = [await join(), await join(), await join()]
      await reader.query('BEGIN; SELECT * FROM data')
      altering.query('ALTER TABLE data ADD COLUMN more INT').catch(() => undefined)
      await expect
        .poll(() => server.sql(`SELECT state FROM information_schema.processlist WHERE id = ${altering.threadId}`))
        .toContain('Waiting for')

      const message = await messageOf('osprofiler')

      expect(message).toMatch(new RegExp(`connection ${reader.threadId} \\(.*in a transaction for`))
      for (const { threadId } of [idle, altering]) expect(message).not.toMatch(new RegExp(`connection ${threadId}\\b`))
    })

    it('is named, after FLUSH TABLES WITH READ LOCK, only if the plugin is installed', {
      timeout: SLOW_TEST_TIMEOUT_MS,
    }, async () => {
      const [idle, holder] = [await join(), await join()]
      await holder.query('FLUSH TABLES WITH READ LOCK')

      expectHolder(await messageOf('osprofiler'), holder, idle)
    })
  },
)
