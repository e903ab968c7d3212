import { startRedis } from '../../test/servers/dist/redis.js'
import { startNode } from '../child.js'
import { measureCalls } from './measure-calls.js'

/** Measures ioredis commands, first one at a time and then ten at a time. */
export async function runIoredis(effort) {
  const server = await startRedis()
  for (const inFlight of ['1', '10']) {
    const start = name => startNode('instruments/ioredis.js', name, String(server.port), inFlight)
    await measureCalls(`A command of ioredis, ${inFlight} at a time`, start, effort)
  }
  await server.stop()
}
