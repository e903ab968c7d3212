import { join } from 'node:path'
import type { Driver } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeRecord, readAll } from './make-record.js'
import { temporaryDirectory } from './temporary-directory.js'

const COLUMNS = ['timestamp', 'base_id', 'parent_id', 'trace_id', 'project', 'host', 'service', 'name', 'data'] as const
const NO_TYPES = `CREATE TABLE data (id INTEGER NOT NULL PRIMARY KEY, ${COLUMNS.join(', ')})`

/** Rows that another program may have written into the table. The value of each column is an SQL expression. */
const BAD: Readonly<Record<string, Partial<Record<(typeof COLUMNS)[number], string>>>> = {
  'no data': { data: 'NULL' },
  'data that is not JSON': { data: `'{"info": {'` },
  'data that is bytes': { data: `x'00ff00ff'` },
  'data that is a number': { data: '7' },
  'a number in data that JavaScript cannot represent': { data: '9223372036854775807' },
  'data of another shape': { data: `'[[1], 2]'` },
  'deeply nested data': { data: `'${'['.repeat(100_000)}${']'.repeat(100_000)}'` },
  'deeply nested info': { data: `'{"info": {"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}}'` },
  'a timestamp that is not a string': { timestamp: '1e300' },
  'a timestamp that is a large number': { timestamp: '9223372036854775807' },
  'a timestamp that is bytes': { timestamp: `x'ff'` },
  'no timestamp': { timestamp: 'NULL' },
  'names that are bytes': { name: `x'fe'`, service: `x'fe'`, project: `x'fe'` },
  'names that are large numbers': { name: '9223372036854775807', service: '-9223372036854775808' },
  'no names': { name: 'NULL', service: 'NULL', project: 'NULL', trace_id: 'NULL', parent_id: 'NULL', host: 'NULL' },
  'a string that is not UTF-8': { name: `CAST(x'80ff' AS TEXT)` },
}

describe('a row with', () => {
  it.each(Object.entries(BAD))('%s does not prevent the reading of other rows', async (_, columns) => {
    const { driver, add } = await openStore()
    add(columns)

    const records = await readAll(driver, 'trace')
    const listed = await driver.listTraces?.()
    const failed = await driver.listErrorTraces?.()

    expect(records.filter(({ name, service }) => name === 'wsgi-start' && service === 'orders').length).toBeGreaterThan(
      1,
    )
    expect(listed?.map(trace => trace.base_id)).toContain('trace')
    expect(listed?.map(trace => trace.base_id)).toContain('other')
    expect(failed).toEqual([])
  })

  it.each([0n, -7n, -(2n ** 62n)])('the id %d is read, and so are the rows after it', async id => {
    const { driver, add } = await openStore()
    add({}, id)

    expect(await readAll(driver, 'trace')).toHaveLength(3)
  })

  it('an id that a JavaScript number cannot represent is read, and so are the rows after it', async () => {
    const { driver, add } = await openStore()
    for (let id = 0; id < 1_200; id++) add({}, 2n ** 62n + BigInt(id))

    expect(await readAll(driver, 'trace')).toHaveLength(1_202)
    expect((await driver.listTraces?.())?.find(trace => trace.base_id === 'trace')?.records).toBe(1_202)
  })
})

describe('a trace whose id is', () => {
  const OLD = `'2020-01-01T00:00:00.000000'`

  it.each([
    ['a BLOB', (index: number) => `CAST('old-${index}' AS BLOB)`],
    ['a string that is not UTF-8', (index: number) => `CAST(x'80ff' || 'old-${index}' AS TEXT)`],
    ['a number', (index: number) => `${index}`],
  ])('%s is removed and counted like any other trace', { timeout: 30_000 }, async (_, toId) => {
    const { driver, add, count } = await openStore()
    // There are more traces than the driver removes in one step.
    for (let index = 0; index < 250; index++) {
      add({ base_id: toId(index), timestamp: OLD })
      add({ base_id: toId(index), timestamp: OLD })
    }

    const pruned = await driver.pruneTraces?.(new Date('2021-01-01T00:00:00Z'))

    expect(pruned).toBe(250)
    expect(count()).toBe(3)
  })

  it('a BLOB is kept as long as the trace has a recent record', async () => {
    const { driver, add, count } = await openStore()
    add({ base_id: `x'80'`, timestamp: OLD })
    add({ base_id: `x'80'` })

    const pruned = await driver.pruneTraces?.(new Date('2021-01-01T00:00:00Z'))

    expect(pruned).toBe(0)
    expect(count()).toBe(5)
  })
})

async function openStore(): Promise<{
  driver: Driver
  add(columns: Partial<Record<string, string>>, id?: bigint): void
  count(): number
}> {
  const path = join(temporaryDirectory(), 'traces.db')
  const database = new DatabaseSync(path)
  database.exec(NO_TYPES)
  const driver = openDriver(`sqlite:///${path}`)
  onTestFinished(async () => {
    database.close()
    await driver.close()
  })
  await driver.write(['trace', 'trace', 'other'].map(base_id => makeRecord({ base_id })))
  return {
    driver,
    count: () => Number(database.prepare('SELECT count(*) AS rows FROM data').get()?.rows),
    add(columns, id) {
      const good = { timestamp: `'2026-11-22T11:00:00.000000'`, base_id: `'trace'`, data: `'{"info": {}}'` }
      const values = COLUMNS.map(
        column => columns[column] ?? (good as Partial<Record<string, string>>)[column] ?? `'x'`,
      )
      database.exec(`INSERT INTO data VALUES (${id ?? 'NULL'}, ${values.join(', ')})`)
    },
  }
}
