import { inspect } from 'node:util'
import { type Driver, OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeRecord, makeTrace, readAll } from './make-record.js'

/** An empty database for one test. */
export interface TestDatabase {
  /** The connection string without options. */
  readonly url: string
  /** Runs SQL as the owner of the database. */
  run(text: string): Promise<unknown>
  /** Returns a connection string for a user who has only these rights on the table. */
  urlFor(...rights: readonly string[]): Promise<string>
}

/** Declares the tests of a driver that writes to the table of Python's SQLAlchemy driver in a database server. */
export function describeTable(name: string, createDatabase: () => Promise<TestDatabase>): void {
  describe(`${name} with its SQL table`, () => {
    it('creates the table once, even if several drivers write first at the same time', async () => {
      const { url } = await createDatabase()
      const drivers = Array.from({ length: 8 }, () => open(url))

      await Promise.all(drivers.map(driver => driver.write(makeTrace(2, { base_id: 'together' }))))

      expect(await readAll(open(url), 'together')).toHaveLength(16)
    })

    it('creates the table again after it was dropped', async () => {
      const { url, run } = await createDatabase()
      const driver = open(url)
      await driver.write([makeRecord()])
      await driver.listTraces?.()
      await run('DROP TABLE data')

      const inNone = await driver.listTraces?.()
      await driver.write([makeRecord({ base_id: 'again' })])

      expect(inNone).toEqual([])
      expect(await readAll(driver, 'again')).toHaveLength(1)
      expect(await driver.listTraces?.()).toHaveLength(1)
    })

    it('does not touch a table that another program uses', async () => {
      const { url, run } = await createDatabase()
      await run('CREATE TABLE data (id INTEGER, name VARCHAR(20))')
      const driver = open(url)

      const refusal = { code: 'ERR_STORE', message: expect.stringContaining('a table "data" of another program') }
      await expect(driver.write([makeRecord()])).rejects.toMatchObject(refusal)
      await expect(driver.listTraces?.()).rejects.toMatchObject(refusal)
    })

    it('reads as a user with only the right to read, and says which rights a write needs', async () => {
      const { url, urlFor } = await createDatabase()
      const trace = makeTrace(2)
      await open(url).write(trace)
      const reader = open(await urlFor('SELECT'))

      const refusal = {
        code: 'ERR_STORE',
        message: expect.stringContaining('grant the user SELECT, INSERT and DELETE'),
      }
      expect(await readAll(reader, trace[0]?.base_id ?? '')).toEqual(trace)
      expect(await reader.listTraces?.()).toHaveLength(1)
      await expect(reader.write(trace)).rejects.toMatchObject(refusal)
      await expect(reader.deleteTrace?.(trace[0]?.base_id ?? '')).rejects.toMatchObject(refusal)
    })

    it('writes to an existing table as a user who may not create tables', async () => {
      const { url, urlFor } = await createDatabase()
      await open(url).write([makeRecord()])
      const writer = open(await urlFor('SELECT', 'INSERT'))

      await writer.write(makeTrace(2, { base_id: 'written' }))

      expect(await readAll(writer, 'written')).toHaveLength(2)
    })

    it('keeps the order of a batch that is too large for one statement', async () => {
      const { url } = await createDatabase()
      const driver = open(url)
      const many = makeTrace(6_000)
      const large = makeTrace(12, { info: { text: 'é'.repeat(400_000) } })

      await driver.write([...many, ...large])

      expect(await readAll(driver, many[0]?.base_id ?? '')).toEqual(many)
      expect(await readAll(driver, large[0]?.base_id ?? '')).toEqual(large)
    })

    it('reads large records a few at a time', async () => {
      const { url } = await createDatabase()
      const driver = open(url)
      await driver.write(makeTrace(20, { base_id: 'large', info: { text: 'x'.repeat(700_000) } }))

      const lengths: number[] = []
      for await (const batch of driver.readRecords?.('large') ?? []) lengths.push(batch.length)

      expect(lengths).toEqual([5, 5, 5, 5])
    })

    it('refuses records whose strings do not fit into the columns, and keeps the rest', async () => {
      const { url } = await createDatabase()
      const driver = open(url)
      const wide = '😀'.repeat(255)
      const kept = [
        makeRecord({ base_id: wide, name: wide }),
        makeRecord({ base_id: 'host', info: { host: 'h'.repeat(300) } }),
        makeRecord({ base_id: 'half', info: { host: '\ud800' } }),
      ]
      const refused = [{ name: `${wide}x` }, { base_id: 'x'.repeat(256) }, { timestamp: 'x'.repeat(27) }].map(
        makeRecord,
      )

      const result = await driver.write([...refused, ...kept])

      expect(result?.refused).toBe(3)
      for (const record of kept) expect(await readAll(driver, record.base_id)).toEqual([record])
    })

    it('finds the newest traces after thousands of records of other traces', async () => {
      const { url } = await createDatabase()
      const driver = open(url)
      const [old, failed] = [makeTrace(2, { service: 'old' }), makeTrace(2, { info: { etype: 'ValueError' } })]
      const long = makeTrace(5_000)
      await driver.write([...old, ...failed, ...long])

      const ids = async (traces: Promise<readonly { base_id: string }[]> | undefined) =>
        (await traces)?.map(trace => trace.base_id)
      const [oldId, failedId, longId] = [old, failed, long].map(trace => trace[0]?.base_id)
      expect(await ids(driver.listTraces?.())).toEqual([longId, failedId, oldId])
      expect(await ids(driver.listTraces?.({ service: 'old' }))).toEqual([oldId])
      expect(await ids(driver.listErrorTraces?.())).toEqual([failedId])
      expect(await driver.deleteTrace?.(longId ?? '')).toBe(5_000)
    })

    it('removes traces older than ttl during writes', async () => {
      const { url } = await createDatabase()
      const driver = open(`${url}?ttl=1h`)
      const stamp = (ago: number) => new Date(Date.now() - ago).toISOString().replace('Z', '000')

      await driver.write([
        makeRecord({ base_id: 'old', timestamp: stamp(7_200_000) }),
        makeRecord({ base_id: 'new', timestamp: stamp(0) }),
      ])

      await vi.waitFor(async () => expect(await readAll(driver, 'old')).toEqual([]), 20_000)
      expect(await readAll(driver, 'new')).toHaveLength(1)
    })

    it('reports a wrong password or a missing database, without showing the password', async () => {
      const { url } = await createDatabase()
      const wrongPassword = url.replace(/:[^:@/]+@/, ':Tr0ub4dor@')
      const wrongDatabase = url.replace(/[^/]+$/, 'nowhere')

      for (const [wrong, message] of [
        [wrongPassword, 'user and password'],
        [wrongDatabase, 'database'],
      ] as const) {
        const error: unknown = await open(wrong)
          .write([makeRecord()])
          .catch(failure => failure)

        expect(error).toMatchObject({ code: 'ERR_STORE', message: expect.stringContaining(message) })
        expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('Tr0ub4dor')
        expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(new URL(url).password)
      }
    })

    it('shows no content of records that could not be written', async () => {
      const { url, run } = await createDatabase()
      const driver = open(url)
      await driver.write([makeRecord()])
      await run('ALTER TABLE data DROP COLUMN project')

      const error = await driver.write([makeRecord({ name: 'a secret' })]).catch(failure => failure)

      expect(error).toBeInstanceOf(OsprofilerError)
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('a secret')
    })

    it.each(['?nonsense=1', '?ttl=soon', '?connect_timeout=never', '?charset=latin1&client_encoding=latin1'])(
      'refuses a connection string that ends with %s',
      async options => {
        const { url } = await createDatabase()

        expect(() => openDriver(`${url}${options}`)).toThrow(
          expect.objectContaining({ code: 'ERR_CONNECTION_STRING' }) as Error,
        )
      },
    )
  })
}

/** Opens a driver for the running test. */
export function open(url: string): Driver {
  const driver = openDriver(url)
  onTestFinished(() => driver.close())
  return driver
}

/** Writes and reads a record, to show that a connection string works. */
export async function expectToWork(url: string): Promise<void> {
  const record: TraceRecord = makeRecord()
  const driver = open(url)

  await driver.write([record])

  expect(await readAll(driver, record.base_id)).toEqual([record])
}
