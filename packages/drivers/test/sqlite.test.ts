import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Driver, OsprofilerError } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { findSqliteClient } from '../src/sqlite/client.js'
import { loadSqliteClient } from '../src/sqlite/database/load-client.js'
import { readSqliteLocation } from '../src/sqlite/path.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { temporaryDirectory } from './temporary-directory.js'

const toPath = (location: string): string => readSqliteLocation(location).path

describe('the path of sqlite://', () => {
  it('is relative after three slashes, absolute after four, and percent-encoded', () => {
    expect(toPath('/traces.db')).toBe(join(process.cwd(), 'traces.db'))
    expect(toPath('//var/lib/traces.db')).toBe('/var/lib/traces.db')
    expect(toPath('//var/my%20lib/%C3%A9%3F%25%23@:.db')).toBe('/var/my lib/é?%#@:.db')
  })

  it('is in the state directory by default', () => {
    onTestFinished(() => void vi.unstubAllEnvs())

    vi.stubEnv('XDG_STATE_HOME', '/var/state')
    expect(toPath('')).toBe('/var/state/osprofiler/traces.db')

    vi.stubEnv('HOME', '/home/ada')
    for (const unusable of ['', 'relative']) {
      vi.stubEnv('XDG_STATE_HOME', unusable)
      expect(toPath('')).toBe('/home/ada/.local/state/osprofiler/traces.db')
    }
  })
})

describe('sqlite://...?ttl=', () => {
  // If the cost grew with the square of the number of records, the removal would take minutes, and no record could be
  // written meanwhile.
  it('does not hang on a trace of many records', { timeout: 30_000 }, async () => {
    const { driver } = openStore()
    await driver.write(makeTrace(20_000))
    await driver.write([makeRecord({ base_id: 'young', timestamp: '2026-11-24T00:00:00.000000' })])

    const pruned = await driver.pruneTraces?.(new Date('2026-11-23T00:00:00Z'))

    expect(pruned).toBe(1)
    expect(await driver.listTraces?.()).toMatchObject([{ base_id: 'young' }])
  })

  it('removes older traces during writes', async () => {
    const { driver: reader, path } = openStore()
    await reader.write([makeRecord({ base_id: 'old', timestamp: '2020-01-01T00:00:00.000000' })])
    const driver = openDriver(`sqlite:///${path}?ttl=7d`)
    onTestFinished(() => driver.close())

    await driver.write([makeRecord({ base_id: 'new', timestamp: new Date().toISOString().replace('Z', '000') })])

    await expect.poll(() => reader.listTraces?.()).toMatchObject([{ base_id: 'new' }])
  })

  it('is off by default', async () => {
    const { driver } = openStore()
    await driver.write([makeRecord({ base_id: 'old', timestamp: '2020-01-01T00:00:00.000000' })])

    await driver.write([makeRecord({ base_id: 'new' })])

    expect(await driver.listTraces?.()).toHaveLength(2)
  })

  it.each(['7', '7y', '-7d', '0d', 'd', '', '1e3d', '99999999999d'])(
    'refuses %j and says which values are valid',
    ttl => {
      expect(() => openDriver(`sqlite:///x.db?ttl=${ttl}`)).toThrow('90s, 30m, 12h, 7d or 2w')
    },
  )
})

describe('sqlite://', () => {
  it('creates no file before the first write', async () => {
    const { driver, path } = openStore()

    await driver.listTraces?.()
    await readAll(driver, 'x')

    expect(existsSync(dirname(path))).toBe(false)
  })

  it('creates the directory, the database and its other files with access only for their owner', async () => {
    const { driver, path } = openStore()

    await driver.write([makeRecord()])

    const modes = Object.fromEntries(readdirSync(dirname(path)).map(name => [name, modeOf(join(dirname(path), name))]))
    expect(modes).toEqual({ 'traces.db': '600', 'traces.db-shm': '600', 'traces.db-wal': '600' })
    expect(modeOf(dirname(path))).toBe('700')
  })

  it('leaves an existing directory and file unchanged', async () => {
    const { driver, path } = openStore()
    mkdirSync(dirname(path))
    chmodSync(dirname(path), 0o755)
    writeFileSync(path, '', { mode: 0o644 })

    await driver.write([makeRecord()])

    expect([modeOf(dirname(path)), modeOf(path)]).toEqual(['755', '644'])
  })

  it("has the columns of Python's table, and the two indexes that this driver uses for its reads", async () => {
    const { driver, path } = openStore()
    await driver.write(makeTrace(2))

    const names = (sql: string) => query(path, sql).map(row => row.name)
    expect(names('PRAGMA table_info(data)')).toEqual([
      'id',
      'timestamp',
      'base_id',
      'parent_id',
      'trace_id',
      'project',
      'host',
      'service',
      'name',
      'data',
    ])
    expect(names('PRAGMA index_list(data)').sort()).toEqual(['ix_data_base_id', 'ix_data_timestamp'])
    const plan = (sql: string) => query(path, `EXPLAIN QUERY PLAN ${sql}`).map(row => row.detail)
    expect(plan("SELECT * FROM data WHERE base_id = 'x' AND id > 3 ORDER BY id")).toEqual([
      'SEARCH data USING INDEX ix_data_base_id (base_id=? AND rowid>?)',
    ])
    expect(
      plan("SELECT * FROM data WHERE timestamp <= 'x' AND (timestamp, id) < ('x', 3) ORDER BY timestamp DESC, id DESC"),
    ).toEqual(['SEARCH data USING INDEX ix_data_timestamp (timestamp<?)'])
  })

  it('uses a write-ahead log, and leaves only the database file after closing', async () => {
    const { driver, path } = openStore()
    await driver.write([makeRecord()])

    await driver.close()

    expect(readdirSync(dirname(path))).toEqual(['traces.db'])
    expect(query(path, 'PRAGMA journal_mode')).toMatchObject([{ journal_mode: 'wal' }])
  })

  it('adds the table to an empty file and to a database with other tables', async () => {
    const { driver, path } = openStore()
    mkdirSync(dirname(path))
    query(path, 'CREATE TABLE orders (id INTEGER)')

    const before = await driver.listTraces?.()
    await driver.write([makeRecord()])

    expect(before).toEqual([])
    expect(await driver.listTraces?.()).toHaveLength(1)
    expect(query(path, 'SELECT * FROM orders')).toEqual([])
  })

  it('says what is wrong with a table of another layout, and does not write to it', async () => {
    const { driver, path } = openStore()
    mkdirSync(dirname(path))
    query(path, 'CREATE TABLE data (id INTEGER, name TEXT)')

    const error = await failure(driver)

    expect(error.code).toBe('ERR_STORE')
    expect(error.message).toMatch(/traces\.db" cannot be used: its table "data" is another program's.*timestamp/)
    expect(query(path, 'SELECT * FROM data')).toEqual([])
  })

  it.each([
    [
      'a text file',
      (path: string) => writeFileSync(path, 'a text that is no database at all\n'.repeat(100)),
      /not an SQLite database/,
    ],
    ['a directory', (path: string) => mkdirSync(path), /cannot be opened/],
  ])('reports a path that leads to %s', async (_, occupy, reason) => {
    const { driver, path } = openStore()
    mkdirSync(dirname(path))
    occupy(path)

    const error = await failure(driver)

    expect(error.code).toBe('ERR_STORE')
    expect(error.message).toMatch(reason)
    await expect(driver.listTraces?.()).rejects.toMatchObject({ code: 'ERR_STORE' })
  })

  it('rejects a batch while the path cannot be created, and accepts the batch later', async () => {
    const { driver, path } = openStore()
    writeFileSync(dirname(path), 'in the way')
    const trace = makeTrace(2)

    await expect(driver.write(trace)).rejects.toMatchObject({ name: 'OsprofilerError', code: 'ERR_STORE' })
    rmSync(dirname(path))

    expect(await driver.write(trace)).toEqual({ refused: 0 })
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it.each([
    ['the database', (path: string) => rmSync(path)],
    ['the database with its other files', (path: string) => ['', '-wal', '-shm'].map(end => rmSync(path + end))],
    ['its directory', (path: string) => rmSync(dirname(path), { recursive: true })],
  ])('starts a new database after %s was deleted during use', async (_, remove) => {
    const { driver, path } = openStore()
    const [old, trace] = [makeTrace(30), makeTrace(3)]
    await driver.write(old)
    remove(path)

    const result = await driver.write(trace)

    expect(result).toEqual({ refused: 0 })
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    expect(await readAll(openDriver(`sqlite:///${path}`), trace[0]?.base_id ?? '')).toEqual(trace)
    expect(await driver.listTraces?.()).toHaveLength(1)
    await driver.close()
    expect(query(path, 'PRAGMA integrity_check')).toMatchObject([{ integrity_check: 'ok' }])
  })

  it('starts a new database after the old one was moved away', async () => {
    const { driver, path } = openStore()
    await driver.write(makeTrace(2))
    await driver.close()
    const reopened = openDriver(`sqlite:///${path}`)
    await readAll(reopened, 'x')
    renameSync(path, `${path}.old`)

    await reopened.write(makeTrace(3))
    await reopened.close()

    expect(query(path, 'SELECT count(*) AS records FROM data')).toMatchObject([{ records: 3 }])
    expect(query(`${path}.old`, 'SELECT count(*) AS records FROM data')).toMatchObject([{ records: 2 }])
  })

  it('lists the same newest traces with a small limit as with a large limit', async () => {
    const { driver } = openStore()
    const at = (index: number) => new Date(Date.UTC(2026, 0, 1) + index).toISOString().replace('Z', '000')
    for (let start = 0; start < 20_000; start += 5_000) {
      await driver.write(
        Array.from({ length: 5_000 }, (_, index) => {
          const number = start + index
          return makeRecord({ base_id: `trace-${number % 5 === 0 ? 0 : number}`, timestamp: at(number) })
        }),
      )
    }

    const newest = await driver.listTraces?.({ limit: 1_000 })
    const all = await driver.listTraces?.({ limit: 20_000 })
    const oldest = all?.at(-1)

    expect(newest?.map(trace => trace.base_id)).toEqual(all?.slice(0, 1_000).map(trace => trace.base_id))
    expect(newest?.[0]).toMatchObject({ base_id: 'trace-19999', records: 1 })
    expect(all).toHaveLength(16_001)
    expect(oldest).toMatchObject({ base_id: 'trace-0', timestamp: at(0), records: 4_000 })
  })

  it('accepts a write while it creates long lists of failed traces', async () => {
    const { driver } = openStore()
    for (let batch = 0; batch < 10; batch++) {
      await driver.write(Array.from({ length: 2_000 }, () => makeRecord({ info: { etype: null } })))
    }
    const events: string[] = []

    // Ten lists take so long that the write is requested before all of them end, even if this thread is delayed.
    const lists = Array.from({ length: 10 }, () => driver.listErrorTraces?.())
    const listing = Promise.all(lists).then(() => events.push('listed'))
    await driver.write([makeRecord()]).then(() => events.push('written'))
    await listing

    expect(events).toEqual(['written', 'listed'])
  })

  it('reads a trace of large records in batches that fit into memory', async () => {
    const { driver } = openStore()
    const trace = Array.from({ length: 20 }, () =>
      makeRecord({ base_id: 'large', info: { text: 'x'.repeat(1_000_000) } }),
    )
    await driver.write(trace)

    const sizes: number[] = []
    for await (const batch of driver.readRecords?.('large') ?? []) sizes.push(batch.length)

    expect(Math.max(...sizes)).toBeLessThan(10)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(20)
  })
})

function openStore(): { driver: Driver; path: string } {
  const path = join(temporaryDirectory(), 'state', 'traces.db')
  const driver = openDriver(`sqlite:///${path}`)
  onTestFinished(() => driver.close())
  return { driver, path }
}

function query(path: string, sql: string): Record<string, unknown>[] {
  const Database = loadSqliteClient(findSqliteClient())
  const database = new Database(path)
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

async function failure(driver: Driver): Promise<OsprofilerError> {
  const error: unknown = await driver.write([makeRecord()]).catch(reason => reason)
  if (error instanceof OsprofilerError) return error
  throw new Error(`Not an OsprofilerError: ${String(error)}`)
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}
