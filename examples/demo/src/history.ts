// Keeps who looked at what, in a thread of the gateway, which tells it by messages and does not wait for it.

import { parentPort } from 'node:worker_threads'
import { setup } from '@osprofiler/node'
import { runTraced } from '@osprofiler/rpc'
import { openDatabase } from './open-database.js'
import { query } from './query.js'

/** What the gateway tells. */
export interface Seen {
  /** In which a trace may be. */
  readonly headers: Readonly<Record<string, string>>
  readonly customer: string
}

const osprofiler = setup({ service: 'history' })
const database = openDatabase(':memory:')
database.exec('CREATE TABLE seen (customer TEXT NOT NULL, at TEXT NOT NULL)')

parentPort?.on('message', async (message: Seen | 'end') => {
  if (message !== 'end') return runTraced(message.headers, undefined, () => keep(message), { functionName: 'keep' })
  await osprofiler.close()
  parentPort?.close()
})
parentPort?.postMessage('ready')

function keep({ customer }: Seen): void {
  query(database, `INSERT INTO seen (customer, at) VALUES (?, datetime('now'))`, customer)
}
