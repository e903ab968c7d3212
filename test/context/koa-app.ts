import { createServer, type Server } from 'node:http'
import * as http2 from 'node:http2'
import { Readable } from 'node:stream'
import { osprofilerMiddleware } from '@osprofiler/koa'
import Koa3 from 'koa'
import bodyParser from 'koa-bodyparser'
import compressor from 'koa-compress'
import Koa2 from 'koa2'
import { type Application, DEFAULTS, type Framework, listen, type Serving } from './framework.js'

/** Each major version of Koa. */
export const koaApps: readonly Framework[] = [
  { name: 'Koa 3', serve: application => serve(application, Koa3, createServer) },
  // The types of the two versions differ, but not in the members that the tests use.
  { name: 'Koa 2', serve: application => serve(application, Koa2 as unknown as typeof Koa3, createServer) },
]

/** Koa over unencrypted HTTP/2. */
export const koaHttp2: Framework = {
  name: 'Koa 3 over HTTP/2',
  serve: application => serve(application, Koa3, http2.createServer),
}

async function serve(
  application: Application,
  Koa: typeof Koa3,
  create: (handler: ReturnType<Koa3['callback']>) => Server | http2.Http2Server,
): Promise<Serving> {
  const { routes, rawRoutes, keys, options, before, after, compress } = { ...DEFAULTS, ...application }
  const app = new Koa()
  const middleware = osprofilerMiddleware(keys.hmacKeys, options)
  // Koa prints the handlers' errors unless there is a listener.
  app.on('error', () => undefined)
  app.use((_ctx, next) => before(next))
  app.use(middleware)
  app.use((_ctx, next) => after(next))
  if (compress) app.use(compressor({ threshold: 0 }))
  app.use(async (ctx, next) => {
    const route = rawRoutes[ctx.path]
    if (route === undefined) return next()
    ctx.respond = false
    route(ctx.req, ctx.res)
  })
  app.use(bodyParser({ jsonLimit: '10mb' }))
  app.use(async (ctx, next) => {
    const route = routes[ctx.path]
    if (route === undefined) return next()
    const value = await route({ id: String(ctx.query.id), body: ctx.request.body, req: ctx.req, res: ctx.res })
    if (value instanceof Readable) ctx.type = 'text/plain'
    ctx.body = value
  })
  return { ...(await listen(create(app.callback()))), stats: () => middleware.stats }
}
