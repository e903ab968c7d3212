// Measures how much space a traced request takes in each store, for docs/stores.md: `node bench/store-sizes.js
// [traces]`.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDriver } from '@osprofiler/drivers'
import { startMariadb } from '../test/servers/dist/mariadb.js'
import { startPostgresql } from '../test/servers/dist/postgresql.js'
import { startRedis } from '../test/servers/dist/redis.js'
import { createRecords } from './store/records.js'
import { printTable } from './table.js'

const RECORDS_PER_TRACE = 20
const BLOCK_BYTES = 512

const traces = Number(process.argv[2] ?? 5_000)
const records = createRecords(traces * RECORDS_PER_TRACE)
const wire = records.reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(record)), 0)

const rows = [['as JSON', wire]]
rows.push(['file://', await measureFolder(folder => [`file://${folder}`, () => measureFiles(folder)])])
rows.push(['sqlite://', await measureFolder(folder => [`sqlite:///${folder}/traces.db`, () => measureFiles(folder)])])
rows.push(['redis://', await measureServer(startRedis(), measureRedis)])
rows.push(['postgresql://', await measureServer(startPostgresql(), measurePostgresql)])
rows.push(['mysql://', await measureServer(startMariadb(), measureMariadb)])

printTable(
  `${traces} traced requests, each of 10 points`,
  ['store', 'bytes a record', 'kB a request of 10 points'],
  rows.map(([store, bytes]) => [store, (bytes / records.length).toFixed(0), (bytes / traces / 1_000).toFixed(1)]),
)

async function measureFolder(choose) {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-sizes-'))
  try {
    const [connectionString, measure] = choose(folder)
    await fill(connectionString)
    return measure()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function measureServer(starting, measure) {
  const server = await starting
  try {
    const empty = await measure(server)
    await fill(server.url)
    return (await measure(server)) - empty
  } finally {
    await server.stop()
  }
}

async function fill(connectionString) {
  const driver = openDriver(connectionString)
  for (let at = 0; at < records.length; at += 500) await driver.write(records.slice(at, at + 500))
  await driver.close()
}

/** Returns the size of a folder's files, in whole disk blocks. */
function measureFiles(folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).blocks * BLOCK_BYTES, 0)
}

async function measureRedis(server) {
  return Number(/used_memory:(\d+)/.exec(await server.command('INFO', 'memory'))?.[1])
}

async function measurePostgresql(server) {
  return Number(await server.sql("SELECT pg_database_size('osprofiler')").then(text => text.trim()))
}

/** Runs `ANALYZE` first, because otherwise the sizes that MariaDB reports are out of date. */
async function measureMariadb(server) {
  if ((await server.sql("SHOW TABLES FROM osprofiler LIKE 'data'")).trim() === '') return 0
  await server.sql('ANALYZE TABLE osprofiler.data')
  const size = await server.sql(
    "SELECT data_length + index_length FROM information_schema.tables WHERE table_name = 'data' AND table_schema = 'osprofiler'",
  )
  return Number(size.trim().split('\n').at(-1))
}
