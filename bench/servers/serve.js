// A small server in one framework, with one tracer or none: `node serve.js express bare|adapter|otel-off|otel-on`.

import { once } from 'node:events'
import { createRequire } from 'node:module'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { answer } from '../answer.js'
import { countRecords } from '../count-records.js'
import { startOpenTelemetry } from './opentelemetry.js'

const [framework, variant] = process.argv.slice(2)
// The frameworks are loaded with `require()`, because OpenTelemetry's instrumentations hook into it.
const require = createRequire(import.meta.url)
const openTelemetry = variant.startsWith('otel') ? startOpenTelemetry(framework, variant === 'otel-on') : undefined
const adapter = variant === 'adapter'

const { expect } = openTelemetry ?? countRecords()

// Keeps the warning about the first refused signature out of the benchmark's output.
process.removeAllListeners('warning')

const hmacKeys = 'SECRET_KEY'
const limits = { maxTracesPerSecond: 1e9 }

async function findOrder(id) {
  const order = await { id, state: 'paid' }
  return { ...order, items: ['chair', 'table'] }
}

const START = {
  async express() {
    const app = require('express')()
    if (adapter) {
      const { osprofilerMiddleware } = await import('@osprofiler/express')
      app.use(osprofilerMiddleware(hmacKeys, limits))
    }
    app.get('/orders/:id', async (req, res) => {
      res.json(await findOrder(req.params.id))
    })
    return app.listen(0, '127.0.0.1')
  },
  async koa() {
    const Koa = require('koa')
    const app = new Koa()
    if (adapter) {
      const { osprofilerMiddleware } = await import('@osprofiler/koa')
      app.use(osprofilerMiddleware(hmacKeys, limits))
    }
    app.use(async ctx => {
      ctx.body = await findOrder(ctx.path.slice('/orders/'.length))
    })
    return app.listen(0, '127.0.0.1')
  },
  async fastify() {
    const app = require('fastify')()
    if (openTelemetry) await app.register(openTelemetry.fastifyPlugin)
    if (adapter) {
      const { osprofiler } = await import('@osprofiler/fastify')
      await app.register(osprofiler, { hmacKeys, ...limits })
    }
    app.get('/orders/:id', async request => findOrder(request.params.id))
    await app.listen({ port: 0, host: '127.0.0.1' })
    return app.server
  },
}

const server = await START[framework]()
// Connections must stay open while other contenders are measured.
server.keepAliveTimeout = 0
if (!server.listening) await once(server, 'listening')
const { port } = server.address()

/**
 * Receives `{expected}`, the number of records or spans since the last answer. Answers with the CPU time so far, in us.
 */
await answer(async ({ expected }) => {
  // A span ends when its response is closed. The server is notified of this after the client has received the response.
  await nextTurn()
  await expect(expected)
  const { user, system } = process.cpuUsage()
  return { port, cpu: user + system }
})
