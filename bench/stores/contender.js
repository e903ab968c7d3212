// Writes records into a server, in one of these ways: `node contender.js STORE driver|notifier|bare|records URL`.

import { createNotifier } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { answer } from '../answer.js'
import { createRecords } from '../store/records.js'
import { STORES } from './stores.js'

const BATCH = 500
const [, , store, way, url] = process.argv
const { toText = JSON.stringify } = STORES.get(store)

const WRITERS = {
  driver: openDriverWriter,
  notifier: openNotifierWriter,
  bare: openBareWriter,
  records: openRecordWriter,
}
const writer = await WRITERS[way]()

await answer(async ({ count }) => {
  const items = writer.prepare(createRecords(count))
  // The connection is made with the first record, which is not measured.
  await writer.write(items.slice(0, 1))
  const start = performance.now()
  await writer.write(items)
  return { perSecond: (count * 1000) / (performance.now() - start) }
})

function openDriverWriter() {
  const driver = openDriver(url)
  return { prepare: records => records, write: inBatches(batch => driver.write(batch)) }
}

function openNotifierWriter() {
  const notifier = createNotifier(openDriver(url), { batchSize: BATCH })
  let expected = 0
  return {
    prepare: records => records,
    async write(records) {
      for (const record of records) notifier(record)
      await notifier.flush(60_000)
      expected += records.length
      const { written } = notifier.stats
      if (written !== expected) throw new Error(`${written} of ${expected} records were written`)
    },
  }
}

/** What the client does at the least: its texts are at hand. */
function openBareWriter() {
  const client = STORES.get(store).openBare(url)
  return {
    prepare: records => records.map(record => ({ ...record, text: toText(record) })),
    write: inBatches(batch => client.write(batch, ({ text }) => text)),
  }
}

/** The same from records, as a driver gets them: their JSON has to be made. */
function openRecordWriter() {
  const client = STORES.get(store).openBare(url)
  return { prepare: records => records, write: inBatches(batch => client.write(batch, toText)) }
}

function inBatches(write) {
  return async items => {
    for (let at = 0; at < items.length; at += BATCH) await write(items.slice(at, at + BATCH))
  }
}
