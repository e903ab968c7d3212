import { runAmqplib } from './run-amqplib.js'
import { runIoredis } from './run-ioredis.js'
import { runOutgoing } from './run-outgoing.js'
import { runPg } from './run-pg.js'
import { runUntraced } from './run-untraced.js'

/** Measures the calls that become points without code in the application: outgoing requests, queries and commands. */
export async function runInstruments(effort) {
  await runUntraced(effort)
  await runOutgoing(effort)
  await runPg(effort)
  await runIoredis(effort)
  await runAmqplib(effort)
}
