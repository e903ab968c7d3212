// Writes records to a server: `node contender.js STORE driver|notifier|bare|records URL`.

import { createNotifier } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { answer } from '../answer.js'
import { createRecords } from '../store/records.js'
import { loadStore } from './stores.js'

const BATCH_RECORDS = 500
const [, , name, way, url] = process.argv
const store = await loadStore(name)
const { toText = JSON.stringify, toItems = records => records } = store

const WRITERS = {
  driver: openDriverWriter,
  notifier: openNotifierWriter,
  bare: openBareWriter,
  records: openRecordWriter,
}
const writer = await WRITERS[way]()

await answer(async ({ count }) => {
  const batches = splitIntoBatches(createRecords(count)).map(writer.prepare)
  // The first point opens the connection, so it is not measured.
  await writer.write([writer.prepare(createRecords(2))])
  const cpu = process.cpuUsage()
  const start = performance.now()
  await writer.write(batches)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: count / seconds, perCpuSecond: (count * 1e6) / (user + system) }
})

function openDriverWriter() {
  const driver = openDriver(url)
  return { prepare: records => records, write: writeOneByOne(records => driver.write(records)) }
}

function openNotifierWriter() {
  const notifier = createNotifier(openDriver(url), { batchSize: BATCH_RECORDS })
  let expected = 0
  return {
    prepare: records => records,
    async write(batches) {
      for (const record of batches.flat()) notifier(record)
      await notifier.flush(60_000)
      expected += batches.flat().length
      const { written } = notifier.stats
      if (written !== expected) throw new Error(`${written} of ${expected} records were written`)
    },
  }
}

/** Creates a writer that sends prepared strings, which is the least work of a client. */
function openBareWriter() {
  const client = store.openBare(url)
  return {
    prepare: records => toItems(records).map(item => ({ ...item, text: toText(item) })),
    write: writeOneByOne(items => client.write(items, ({ text }) => text)),
  }
}

/** Creates a writer that receives records and creates their JSON, as a driver must. */
function openRecordWriter() {
  const client = store.openBare(url)
  return { prepare: records => records, write: writeOneByOne(records => client.write(toItems(records), toText)) }
}

function writeOneByOne(write) {
  return async batches => {
    for (const batch of batches) await write(batch)
  }
}

function splitIntoBatches(records) {
  return Array.from({ length: Math.ceil(records.length / BATCH_RECORDS) }, (_, index) =>
    records.slice(index * BATCH_RECORDS, (index + 1) * BATCH_RECORDS),
  )
}
