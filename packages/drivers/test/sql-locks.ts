import { expect, it, onTestFinished, vi } from 'vitest'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { open, type TestDatabase } from './sql-table.js'

/** An open transaction of another program. */
export interface OpenTransaction {
  /** The database's number for the transaction's connection. */
  readonly id: string
  end(): Promise<void>
}

/** An empty database that another program also uses. */
export interface LockedDatabase extends TestDatabase {
  /** Begins a transaction in the other program, and runs a statement in it. */
  hold(statement: string): Promise<OpenTransaction>
  /** Makes the other program lock the whole table. */
  holdTable(): Promise<OpenTransaction>
  /** Returns the words with which the driver should describe the lock's holder. */
  describeHolder(id: string): string
}

const BEFORE = new Date('2027-01-01T00:00:00Z')
const STATEMENT = 'SELECT id FROM data WHERE'

/** Declares tests of how a driver removes records while another transaction has locked some of their rows. */
export function describeLocks(createDatabase: () => Promise<LockedDatabase>): void {
  async function fill(traces: number) {
    const database = await createDatabase()
    const driver = open(database.url)
    const records = Array.from({ length: traces }, (_, index) => makeTrace(2, { base_id: `trace-${index}` })).flat()
    await driver.write(records)
    return { ...database, driver }
  }

  async function holdUntilTheEnd(holding: Promise<OpenTransaction>): Promise<OpenTransaction> {
    const transaction = await holding
    onTestFinished(() => transaction.end())
    return transaction
  }

  it.each([3, 600, 6_000])(
    'prunes all of %i traces except the locked trace, and names the holder of the lock',
    async many => {
      const { driver, hold } = await fill(many)
      const transaction = await holdUntilTheEnd(hold(`${STATEMENT} base_id = 'trace-1' FOR UPDATE`))

      const pruning = driver.pruneTraces?.(BEFORE)

      await expect(pruning).rejects.toMatchObject({
        code: 'ERR_STORE_LOCKED',
        message: expect.stringMatching(
          new RegExp(`^Removed ${many - 1} traces .* 1 trace has .* connection ${transaction.id} .*osprofiler`),
        ),
      })
      expect((await driver.listTraces?.())?.map(trace => trace.base_id)).toEqual(['trace-1'])
    },
  )

  it('prunes the unlocked half of the traces, and the other half when the lock is released', async () => {
    const { driver, hold } = await fill(1_000)
    const transaction = await hold(`UPDATE data SET project = 'held' WHERE base_id LIKE '%7%'`)
    const lockedOnes = Array.from({ length: 1_000 }, (_, index) => `${index}`).filter(name => name.includes('7'))

    const refusal = { message: expect.stringContaining(`${lockedOnes.length} traces have records locked by`) }
    await expect(driver.pruneTraces?.(BEFORE)).rejects.toMatchObject(refusal)
    expect(await driver.listTraces?.({ limit: 1_000 })).toHaveLength(lockedOnes.length)
    await transaction.end()

    expect(await driver.pruneTraces?.(BEFORE)).toBe(lockedOnes.length)
  })

  it('does not wait for records that another program has not committed', async () => {
    const { driver, hold } = await fill(300)
    await holdUntilTheEnd(hold(`INSERT INTO data (base_id, timestamp, name) VALUES ('x', '2026-01-01T00', 'y')`))

    const pruned = await driver.pruneTraces?.(BEFORE)

    expect(pruned).toBe(300)
  })

  it('removes unlocked traces by ttl', async () => {
    const { url, hold } = await fill(300)
    await holdUntilTheEnd(hold(`${STATEMENT} base_id = 'trace-1' FOR UPDATE`))
    const young = new Date().toISOString().replace('Z', '000')

    const writer = open(`${url}?ttl=1m`)
    await writer.write([makeRecord({ base_id: 'young', timestamp: young })])

    await vi.waitFor(
      async () => expect((await writer.listTraces?.())?.map(trace => trace.base_id)).toEqual(['young', 'trace-1']),
      { timeout: 10_000 },
    )
  })

  it('deletes the unlocked records of a trace, and says that other records remain', async () => {
    const { driver, hold } = await fill(1)
    const transaction = await hold(`UPDATE data SET project = 'held' WHERE name = 'db-stop'`)

    await expect(driver.deleteTrace?.('trace-0')).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      message: expect.stringMatching(new RegExp(`^Removed 1 record .* connection ${transaction.id}\\b`)),
    })
    expect(await readAll(driver, 'trace-0')).toHaveLength(1)
    await transaction.end()

    expect(await driver.deleteTrace?.('trace-0')).toBe(1)
  })

  it('does not wait for a lock as a user with only the rights to read and delete', async () => {
    const { urlFor, hold } = await fill(300)
    await holdUntilTheEnd(hold(`${STATEMENT} base_id = 'trace-1' FOR UPDATE`))
    const pruner = open(await urlFor('SELECT', 'DELETE'))

    await expect(pruner.pruneTraces?.(BEFORE)).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      message: expect.stringMatching(/^Removed 299 traces .* 1 trace has records locked by (?:a|another|connection) /),
    })
  })

  it('names the holder of a table lock, and removes and writes records when the table is unlocked', async () => {
    const { url, driver, holdTable, describeHolder } = await fill(3)
    const transaction = await holdTable()
    const writer = open(url)

    const results = await Promise.allSettled([driver.pruneTraces?.(BEFORE), writer.write([makeRecord()])])
    await transaction.end()

    for (const result of results) {
      const message = expect.stringMatching(new RegExp(`is locked by ${describeHolder(transaction.id)}`))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_STORE', message } })
    }
    expect(await writer.write([makeRecord()])).toEqual({ refused: 0 })
    expect(await driver.pruneTraces?.(BEFORE)).toBe(4)
  }, 40_000)
}
