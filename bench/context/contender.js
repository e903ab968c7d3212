// A server that measures how much its first trace slows untraced requests. The server's handlers do little more than
// await.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { setNotifier } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { answer } from '../answer.js'

const AWAIT_COUNT = 100

setNotifier(() => {})
const tracer = createRequestTracer('SECRET_KEY', { maxTracesPerSecond: 1e9 })

async function awaitOften(count) {
  for (let i = 0; i < count; i++) await i
}

const server = createServer((req, res) =>
  tracer.serve(req, res, async () => {
    await awaitOften(AWAIT_COUNT)
    res.end('{"items":["chair","table"]}')
  }),
)
server.keepAliveTimeout = 0
await once(server.listen(0, '127.0.0.1'), 'listening')

await answer(async ({ awaits }) => {
  if (awaits === undefined) return { port: server.address().port, awaits: AWAIT_COUNT }
  const before = process.cpuUsage()
  await awaitOften(awaits)
  const { user, system } = process.cpuUsage(before)
  return { ns: ((user + system) * 1000) / awaits }
})
