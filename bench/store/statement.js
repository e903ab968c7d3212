import { createRequire } from 'node:module'
import { openDriver } from '@osprofiler/drivers'
import { createRecords } from './records.js'

const BATCH_RECORDS = 500

/**
 * Opens a statement that does the least work that a store needs: one prepared statement per row, in transactions of 500
 * rows, in this thread.
 */
export async function openStatement(path) {
  // The driver creates the table with its indexes.
  const driver = openDriver(`sqlite:///${path}`)
  await driver.write(createRecords(1))
  await driver.close()
  const database = openDatabase(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  const insert = database.prepare(
    'INSERT INTO data (timestamp, base_id, parent_id, trace_id, project, host, service, name, data) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  return {
    write(items, toValues) {
      for (let at = 0; at < items.length; at += BATCH_RECORDS) {
        database.exec('BEGIN IMMEDIATE')
        for (const item of items.slice(at, at + BATCH_RECORDS)) insert.run(...toValues(item))
        database.exec('COMMIT')
      }
    },
    close: () => database.close(),
  }
}

/** Opens a connection with Node's built-in SQLite or, if Node has none, with the package that the driver uses. */
export function openDatabase(path) {
  const require = createRequire(import.meta.url)
  try {
    return new (require('node:sqlite').DatabaseSync)(path)
  } catch {
    return new (require('@photostructure/sqlite').DatabaseSync)(path)
  }
}
