// Starts three services, sends one signed request through them, and shows where its time went.

import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runOsprofiler, startService, stopAll } from './child-processes.js'
import { countRecords } from './count-records.js'

const TRACES = fileURLToPath(new URL('../../../traces/', import.meta.url))
/** How long the demo waits for new records. A service writes its records much sooner. */
const RECORDS_WAIT_MS = 1_500

let interrupted = false
const directory = mkdtempSync(join(tmpdir(), 'osprofiler-demo-'))

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, async () => {
    interrupted = true
    await cleanUp()
    process.exit(code)
  })
}

try {
  await demonstrate()
  await cleanUp()
  step(6, 'The services are stopped, and their files are gone')
} catch (error) {
  if (!interrupted) console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  await cleanUp()
}

async function demonstrate(): Promise<void> {
  console.log('One signed request through three services: where does its time go?')

  const store = `sqlite:///${join(directory, 'traces.db')}`
  const env = {
    ...withoutOsprofiler(process.env),
    OSPROFILER_HMAC_KEYS: randomBytes(32).toString('base64url'),
    OSPROFILER_CONNECTION_STRING: store,
  }
  step(1, 'A fresh secret key, which the services and the caller know, and an empty store')
  console.log(`   ${store}`)

  step(2, 'Three services, each a process of its own')
  const [CATALOG_URL, ORDERS_URL] = await Promise.all([
    // An account of the level `cpu` pauses the service for a moment, so the service must allow this level.
    startService('catalog', { ...env, OSPROFILER_WHY: 'cpu' }),
    startService('orders', { ...env, ORDERS_FILE: join(directory, 'orders.db') }),
  ])
  const gateway = await startService('gateway', { ...env, CATALOG_URL, ORDERS_URL })
  console.log(`   gateway  Express  ${gateway}`)
  console.log(`   catalog  Koa      ${CATALOG_URL}`)
  console.log(`   orders   Fastify  ${ORDERS_URL}  300,000 orders in SQLite`)
  console.log('   history  a thread of the gateway, which takes messages')

  const url = `${gateway}/customers/4711/orders`
  step(3, `A signed request: osprofiler run ${url} --why=cpu@catalog`)
  console.log()
  await runOsprofiler(['run', url, '--why=cpu@catalog'], env)
  console.log(
    '\n   Both queries are in examples/demo/src/orders.ts. One has no index, and the other runs once for every order.',
  )
  console.log(
    '   The computation is in examples/demo/src/catalog.ts, which compares all products. Only --why names its line.',
  )

  const before = await countRecords(store)
  step(4, 'The same request without a signature')
  const response = await fetch(url)
  await response.text()
  await delay(RECORDS_WAIT_MS)
  const after = await countRecords(store)
  console.log(`   The service answers it, too (${response.status}). The store contained ${describe(before)} before,`)
  console.log(`   and contains ${describe(after)} now.`)
  if (after.records !== before.records) throw new Error('the unsigned request was recorded')

  step(5, 'The trace as a file')
  if (before.newest === undefined) throw new Error('the store contains no trace')
  mkdirSync(TRACES, { recursive: true })
  const file = join(TRACES, 'demo.json')
  await runOsprofiler(['trace', 'show', before.newest, '--json', '--out', file], env)
  console.log(`   ${file}`)
  console.log(`   Look at it again: npx -y pnpm@12 exec osprofiler trace show ${relative(process.cwd(), file)}`)
}

async function cleanUp(): Promise<void> {
  await stopAll()
  rmSync(directory, { recursive: true, force: true })
}

/** Removes OSProfiler's environment variables, which are meant for the user's own services. */
function withoutOsprofiler(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OSPROFILER_')))
}

function describe({ traces, records }: { traces: number; records: number }): string {
  return `${records} records of ${traces === 1 ? 'one trace' : `${traces} traces`}`
}

function step(number: number, text: string): void {
  console.log(`\n${number}. ${text}`)
}
