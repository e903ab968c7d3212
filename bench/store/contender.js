// Writes records to a new embedded store: `node contender.js driver|notifier|statement|records`.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNotifier } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { answer } from '../answer.js'
import { createRecords, toRow } from './records.js'
import { openStatement } from './statement.js'

const BATCH_RECORDS = 500

const WRITERS = { driver: writeByDriver, notifier: writeByNotifier, statement: writeRows, records: writeRecords }
const write = WRITERS[process.argv[2]]

await answer(async ({ count }) => {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-bench-'))
  try {
    return { perSecond: await write(join(directory, 'traces.db'), createRecords(count)) }
  } finally {
    rmSync(directory, { recursive: true })
  }
})

async function writeByDriver(path, records) {
  const driver = openDriver(`sqlite:///${path}`)
  // The first record starts the thread and creates the table, so it is not measured.
  await driver.write(records.slice(0, 1))
  const start = performance.now()
  for (let at = 0; at < records.length; at += BATCH_RECORDS) await driver.write(records.slice(at, at + BATCH_RECORDS))
  const ms = performance.now() - start
  await driver.close()
  return (records.length * 1000) / ms
}

async function writeByNotifier(path, records) {
  const driver = openDriver(`sqlite:///${path}`)
  const notifier = createNotifier(driver, { batchSize: BATCH_RECORDS })
  await driver.write(records.slice(0, 1))
  const start = performance.now()
  for (const record of records) notifier(record)
  await notifier.flush(60_000)
  const ms = performance.now() - start
  const { written } = notifier.stats
  if (written !== records.length) throw new Error(`${written} of ${records.length} records were written`)
  await notifier.close()
  await driver.close()
  return (records.length * 1000) / ms
}

/**
 * Does the least work that a store needs: runs one prepared statement per row, with prepared values, in this thread.
 */
async function writeRows(path, records) {
  return await writeByStatement(path, records.map(toRow), row => row)
}

/** Does the same work as `writeRows`, but also creates the JSON of the records, as a driver must. */
async function writeRecords(path, records) {
  return await writeByStatement(path, records, toRow)
}

async function writeByStatement(path, items, toValues) {
  const statement = await openStatement(path)
  const start = performance.now()
  statement.write(items, toValues)
  const ms = performance.now() - start
  statement.close()
  return (items.length * 1000) / ms
}
