import http from 'node:http'
import { pipeline, Readable } from 'node:stream'
import Router from '@koa/router'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import { osprofiler } from '@osprofiler/fastify'
import { osprofilerMiddleware as koaMiddleware } from '@osprofiler/koa'
import express from 'express'
import { fastify } from 'fastify'
import Koa from 'koa'

/** The route of every request. Each server registers it in a different way. */
export const ROUTE = '/request/:n'
const OPTIONS = { maxTracesPerSecond: 1e9 }

/**
 * For each adapter, a function that creates a server. `handle` is called for each request, and resolves to the
 * response: `{kind, rows}`, where `rows` creates an async iterable.
 */
export const ADAPTERS = {
  express(hmacKey, handle) {
    const app = express()
    app.use(osprofilerMiddleware(hmacKey, OPTIONS))
    const router = express.Router()
    app.use('/request', router)
    router.get('/:n', async (req, res) => {
      const { kind, rows } = await handle(req, res)
      if (kind === 'json') return res.json({ ok: true })
      if (kind === 'nothing') return
      pipeline(
        kind === 'web stream' ? Readable.fromWeb(ReadableStream.from(rows())) : Readable.from(rows()),
        res,
        () => {},
      )
    })
    app.use(osprofilerErrorHandler())
    app.use((_error, _req, res, next) => (res.headersSent ? next() : res.status(500).end('failed')))
    return http.createServer(app)
  },

  koa(hmacKey, handle) {
    const app = new Koa()
    app.silent = true
    app.use(koaMiddleware(hmacKey, OPTIONS))
    const router = new Router({ prefix: '/request' })
    router.get('/:n', async ctx => {
      const { kind, rows } = await handle(ctx.req, ctx.res)
      if (kind === 'json') ctx.body = { ok: true }
      else if (kind === 'nothing') ctx.respond = false
      else ctx.body = kind === 'web stream' ? ReadableStream.from(rows()) : Readable.from(rows())
    })
    app.use(new Router().use(router.routes()).routes())
    return http.createServer(app.callback())
  },

  async fastify(hmacKey, handle) {
    const app = fastify()
    await app.register(osprofiler, { hmacKeys: hmacKey, ...OPTIONS })
    const routes = async child => {
      child.get('/:n', async (request, reply) => {
        const { kind, rows } = await handle(request.raw, reply.raw)
        if (kind === 'json') return { ok: true }
        if (kind === 'nothing') return reply.hijack()
        return reply.send(kind === 'web stream' ? ReadableStream.from(rows()) : Readable.from(rows()))
      })
    }
    app.register(routes, { prefix: '/request' })
    await app.ready()
    return app.server
  },
}
