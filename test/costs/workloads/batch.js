import { createNotifier } from '@osprofiler/core'
// This import bypasses the package's exports, because the exported driver needs a thread and a file.
import { packRecord, unpackRows } from '../../../packages/drivers/build/sqlite/row.js'
import { createRecords } from '../records.js'
import { awaitOften } from '../repeat.js'

export const COUNT = 1

const RECORD_COUNT = 500

/** Creates the workload: the queue of records, and the rows that the SQLite driver creates from a batch. */
export function createWorkload() {
  const records = createRecords(RECORD_COUNT)
  let rows = 0
  const driver = {
    name: 'counting',
    async write(batch) {
      const made = { rows: [], refused: 0 }
      unpackRows(
        batch.flatMap(record => packRecord(record) ?? []),
        made,
      )
      rows += made.rows.length
      return { refused: made.refused }
    },
    async close() {},
  }
  const notifier = createNotifier(driver)
  const deliverBatches = awaitOften(async () => {
    for (const record of records) notifier(record)
    await notifier.flush()
  })
  return {
    async batch(count) {
      rows = 0
      await deliverBatches(count)
      if (rows !== count * RECORD_COUNT) throw new Error(`${count} batches made ${rows} rows`)
    },
  }
}
