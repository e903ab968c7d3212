// Records each customer whose orders were viewed. The gateway sends messages to this thread, and does not wait for a
// reply.

import { parentPort } from 'node:worker_threads'
import { setup } from '@osprofiler/node'
import { runTraced } from '@osprofiler/rpc'
import { openDatabase } from './open-database.js'

/** A message from the gateway. */
export interface Seen {
  /** These headers may contain a trace. */
  readonly headers: Readonly<Record<string, string>>
  readonly customer: string
}

const osprofiler = setup({ service: 'history', traceSql: 'values' })
const database = openDatabase(':memory:')
database.exec('CREATE TABLE seen (customer TEXT NOT NULL, at TEXT NOT NULL)')

parentPort?.on('message', async (message: Seen | 'end') => {
  if (message !== 'end') return runTraced(message.headers, undefined, () => keep(message), { functionName: 'keep' })
  await osprofiler.close()
  parentPort?.close()
})
parentPort?.postMessage('ready')

function keep({ customer }: Seen): void {
  database.prepare(`INSERT INTO seen (customer, at) VALUES (?, datetime('now'))`).run(customer)
}
