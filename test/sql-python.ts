import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { TraceRecord } from '@osprofiler/core'
import { ExactNumber, parseJson } from '@osprofiler/core/json'
import { openDriver } from '@osprofiler/drivers'
import { expect, it } from 'vitest'
import { withoutOwnKeys } from '../packages/report/test/without-own-keys.js'
import { osprofiler } from './cli-process.js'
import { createShopRecords, SHOP_TRACE, storeRecords, toLines } from './cli-records.js'
import { compact, createExoticRecords, EXOTIC_VALUES, toExactText } from './exotic-values.js'
import { describeForEachPython } from './python/each-python.js'
import { readPythonOutput, runPythonCommand } from './python/run-python.js'

/** An empty database for one test. */
export interface SqlDatabase {
  /** The connection string, which both implementations accept. */
  readonly url: string
  /** Returns the columns of the table "data", one for each line, with their types and without collations. */
  describeColumns(): Promise<string>
  /** Returns the number of indexes on the table, including the primary key. */
  countIndexes(): Promise<number>
}

const WRITER = fileURLToPath(new URL('python/sql_store.py', import.meta.url))

/** Declares tests that share a database with the SQLAlchemy driver of Python's OSProfiler. */
export function describeSharing(name: string, createDatabase: () => Promise<SqlDatabase>): void {
  describeForEachPython(`osprofiler and Python's SQLAlchemy driver, with one ${name} server,`, () => {
    it('show the same JSON for a trace that Node.js wrote', async () => {
      const { url } = await createDatabase()

      await storeRecords(url, createShopRecords())

      const [ours, theirs] = await Promise.all([showWithOsprofiler(url), showWithPython(url)])
      expect(ours).toEqual(theirs)
    })

    it('show the same JSON for a trace that Python wrote, in a table that Python created', async () => {
      const { url, countIndexes } = await createDatabase()
      const text = 'é漢😀 "\\'

      await writeWithPython(url, createShopRecords({ text }), `vm${text}`)

      const [ours, theirs] = await Promise.all([showWithOsprofiler(url), showWithPython(url)])
      expect(ours).toEqual(theirs)
      expect(await countIndexes()).toBe(9)
    })

    it('show the same numbers, whether Node.js or Python wrote the trace', async () => {
      const [ours, theirs] = [await createDatabase(), await createDatabase()]
      const records = createExoticRecords()

      await Promise.all([storeRecords(ours.url, records), writeWithPython(theirs.url, records)])

      const shown = await Promise.all(
        [ours, theirs].flatMap(({ url }) => [showWithOsprofiler(url), showWithPython(url)]),
      )
      const [first = '', ...others] = shown.map(toExactText)
      expect(first).toContain(compact(`[${EXOTIC_VALUES.join()}]`))
      for (const other of others) expect(other).toBe(first)
    })

    it('build one tree for a trace that Node.js and Python wrote', async () => {
      const records = createShopRecords()
      const [shared, whole] = [await createDatabase(), await createDatabase()]
      await storeRecords(whole.url, records)

      await storeRecords(
        shared.url,
        records.filter(({ service }) => service === 'gateway'),
      )
      await writeWithPython(
        shared.url,
        records.filter(({ service }) => service !== 'gateway'),
      )

      const [expected, ours, theirs] = await Promise.all([
        showWithOsprofiler(whole.url),
        showWithOsprofiler(shared.url),
        showWithPython(shared.url),
      ])
      expect(ours).toEqual(expected)
      expect(theirs).toEqual(expected)
    })

    it('list the same traces, in a table that Python created', async () => {
      const { url } = await createDatabase()
      const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()]
      await writeWithPython(url, createShopRecords({ baseId: first }))
      await storeRecords(url, [...createShopRecords({ baseId: second }), ...createShopRecords({ baseId: third })])

      const listed = await Promise.all([listWithOsprofiler(url), listWithPython(url)])

      for (const baseIds of listed) expect(baseIds).toEqual(new Set([first, second, third]))
    })

    it('preserve records that Python wrote without a project, service or host', async () => {
      const { url } = await createDatabase()
      const [record] = createShopRecords()
      const bare = { ...record, project: null, service: null, info: {}, host: 'nova-2' }

      await writeWithPython(url, [bare], '')

      expect(await readTrace(url)).toMatchObject([{ project: '', service: '', info: { host: 'nova-2' } }])
    })

    it('create the same columns, except that the id of osprofiler is wider', async () => {
      const [ours, theirs] = [await createDatabase(), await createDatabase()]
      await storeRecords(ours.url, createShopRecords())
      await writeWithPython(theirs.url, createShopRecords())

      const [id, ...columns] = (await ours.describeColumns()).split('\n')
      const [theirId, ...theirColumns] = (await theirs.describeColumns()).split('\n')

      expect(columns).toEqual(theirColumns)
      expect([id, theirId]).toEqual([expect.stringContaining('bigint'), expect.stringMatching(/int(?:eger|\(11\))/)])
      expect(await ours.countIndexes()).toBe(3)
    })

    it('lose no record when several Node.js and Python processes create the table at the same time', async () => {
      const { url } = await createDatabase()
      const records = createShopRecords()

      await Promise.all([
        ...Array.from({ length: 6 }, () => storeRecords(url, records)),
        ...Array.from({ length: 2 }, () => writeWithPython(url, records)),
      ])

      // Python may fail to create a table that another process is creating. Python then only logs the failure.
      expect(await readTrace(url)).toHaveLength(8 * records.length)
    })
  })
}

/**
 * Shows a trace with the command osprofiler. Omits the parts of a record that have their own columns, because Python's
 * SQL driver also omits them.
 */
async function showWithOsprofiler(url: string): Promise<unknown> {
  const { stdout } = await osprofiler(['trace', 'show', SHOP_TRACE, '--json', '--connection-string', url])
  return removeColumns(withoutOwnKeys(parseJson(stdout)))
}

async function showWithPython(url: string): Promise<unknown> {
  const shown = await runPythonCommand(['trace', 'show', SHOP_TRACE, '--json', '--connection-string', url])
  return removeColumns(withoutOwnKeys(parseJson(shown)))
}

async function listWithOsprofiler(url: string): Promise<Set<string>> {
  const { stdout } = await osprofiler(['trace', 'list', '--connection-string', url])
  return readIds(stdout)
}

// The list contains no times, because the database decides which record of a trace provides the time that Python shows.
async function listWithPython(url: string): Promise<Set<string>> {
  return readIds(await runPythonCommand(['trace', 'list', '--connection-string', url]))
}

function readIds(text: string): Set<string> {
  return new Set(text.match(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g))
}

function removeColumns(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(removeColumns)
  if (typeof value !== 'object' || value === null || ExactNumber.is(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key.startsWith('meta.raw_payload.') ? { info: member.info } : removeColumns(member),
    ]),
  )
}

async function readTrace(url: string): Promise<TraceRecord[]> {
  const driver = openDriver(url)
  const records: TraceRecord[] = []
  for await (const batch of driver.readRecords?.(SHOP_TRACE) ?? []) records.push(...batch)
  await driver.close()
  return records
}

async function writeWithPython(url: string, records: readonly object[], host = 'vm'): Promise<void> {
  await readPythonOutput([WRITER, url, host], { input: toLines(records as readonly TraceRecord[]) })
}
