import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HmacKeys } from '@osprofiler/core'
import type { HttpOptions, RequestStats } from '@osprofiler/core/http'
import { osprofilerMiddleware } from '@osprofiler/express'
import { osprofiler } from '@osprofiler/fastify'
import { osprofilerMiddleware as koaMiddleware } from '@osprofiler/koa'
import express from 'express'
import { fastify } from 'fastify'
import Koa from 'koa'

/** The adapters under test. */
export const ADAPTERS = ['Express', 'Koa', 'Fastify'] as const
export type Adapter = (typeof ADAPTERS)[number]

/** The adapter's arguments, and a function whose result the server sends as JSON in response to every request. */
export interface Serving {
  readonly hmacKeys?: HmacKeys | undefined
  readonly options?: HttpOptions | undefined
  readonly answer: (url: URL) => unknown
}

/** A server on a free local port. */
export interface AdapterServer {
  readonly port: number
  readonly url: string
  readonly stats: RequestStats
  /** The application, and the middleware if there is one: the objects that a debugger or a careless log would show. */
  readonly shown: readonly unknown[]
  close(): Promise<void>
}

// By default, Node rejects larger headers with status 431.
const MAX_HEADER_BYTES = 256 * 1024
const UNLIMITED_OPTIONS: HttpOptions = { maxTracesPerSecond: 1e9 }

/** Starts a server whose only middleware is one of the adapters. */
export async function serveWith(adapter: Adapter, serving: Serving): Promise<AdapterServer> {
  const { server, stats, shown } = await SERVER_FACTORIES[adapter](serving)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get stats() {
      return stats()
    },
    shown,
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

interface BuiltServer {
  readonly server: Server
  readonly stats: () => RequestStats
  readonly shown: readonly unknown[]
}

const SERVER_FACTORIES: Record<Adapter, (serving: Serving) => Promise<BuiltServer>> = {
  async Express({ hmacKeys, options = UNLIMITED_OPTIONS, answer }) {
    const middleware = osprofilerMiddleware(hmacKeys, options)
    const app = express()
    app.use(middleware)
    app.use(async (req, res) => void res.json(await answer(urlOf(req.url))))
    return { server: listenTo(app), stats: () => middleware.stats, shown: [app, middleware] }
  },

  async Koa({ hmacKeys, options = UNLIMITED_OPTIONS, answer }) {
    const middleware = koaMiddleware(hmacKeys, options)
    const app = new Koa()
    app.use(middleware)
    app.use(async ctx => {
      ctx.body = JSON.stringify(await answer(urlOf(ctx.url)))
      ctx.type = 'json'
    })
    return { server: listenTo(app.callback()), stats: () => middleware.stats, shown: [app, middleware] }
  },

  async Fastify({ hmacKeys, options = UNLIMITED_OPTIONS, answer }) {
    const app = fastify({ serverFactory: listener => listenTo(listener) })
    await app.register(osprofiler, hmacKeys === undefined ? options : { ...options, hmacKeys })
    app.all('/*', async request => answer(urlOf(request.url)))
    await app.ready()
    return { server: app.server, stats: () => app.osprofiler.stats, shown: [app, app.osprofiler] }
  },
}

function listenTo(listener: RequestListener): Server {
  return createServer({ maxHeaderSize: MAX_HEADER_BYTES }, listener)
}

function urlOf(path = '/'): URL {
  return new URL(path, 'http://127.0.0.1')
}
