// A small server over one framework, with one kind of tracing or none: `node serve.js express traced`.

import { once } from 'node:events'
import { createRequire } from 'node:module'
import { setNotifier } from '@osprofiler/core'
import { answer } from '../answer.js'
import { startOpenTelemetry } from './opentelemetry.js'

const [framework, variant] = process.argv.slice(2)
// The frameworks are loaded by require(), which is what OpenTelemetry's instrumentations hook into by themselves.
const require = createRequire(import.meta.url)
const openTelemetry = variant.startsWith('otel') ? startOpenTelemetry(framework, variant === 'otel-on') : undefined
const adapter = variant === 'adapter'

let records = 0
setNotifier(() => {
  records++
})

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
// Connections wait for their turn while other contenders are measured.
server.keepAliveTimeout = 0
if (!server.listening) await once(server, 'listening')
const { port } = server.address()
// What the variant did until now shows that it is what it is called.
await answer(() => ({ port, records, spans: openTelemetry?.processor.spans ?? 0 }))
