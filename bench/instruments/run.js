import { runAmqplib } from './run-amqplib.js'
import { runIoredis } from './run-ioredis.js'
import { runOutgoing } from './run-outgoing.js'
import { runPg } from './run-pg.js'
import { runUntraced } from './run-untraced.js'

/** Measures the library calls that instruments record as points: outgoing requests, queries, commands and messages. */
export async function runInstruments(effort) {
  await runUntraced(effort)
  await runOutgoing(effort)
  await runPg(effort)
  await runIoredis(effort)
  await runAmqplib(effort)
}
