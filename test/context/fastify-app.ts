import { Readable } from 'node:stream'
import compressor from '@fastify/compress'
import { osprofiler } from '@osprofiler/fastify'
import { type FastifyInstance, fastify } from 'fastify'
import { type Application, DEFAULTS, type Framework, listen, type Serving } from './framework.js'

export const fastifyApp: Framework = {
  name: 'Fastify 5',
  serve: application => serve(application, fastify({ bodyLimit: 10_000_000, forceCloseConnections: true })),
}

/** Fastify over unencrypted HTTP/2. */
export const fastifyHttp2: Framework = {
  name: 'Fastify 5 over HTTP/2',
  // The types of the two servers differ, but not in the members that the tests use.
  serve: application => serve(application, fastify({ http2: true }) as unknown as FastifyInstance),
}

async function serve(application: Application, app: FastifyInstance): Promise<Serving> {
  const { routes, rawRoutes, keys, options, before, after, compress } = { ...DEFAULTS, ...application }
  app.addHook('onRequest', (_request, _reply, done) => void before(() => done()))
  await app.register(osprofiler, { ...options, ...keys })
  app.addHook('onRequest', (_request, _reply, done) => void after(() => done()))
  if (compress) await app.register(compressor, { threshold: 0 })
  for (const [url, route] of Object.entries(rawRoutes)) {
    app.all(url, (request, reply) => {
      reply.hijack()
      route(request.raw, reply.raw)
    })
  }
  for (const [url, route] of Object.entries(routes)) {
    app.all(url, async (request, reply) => {
      const { id } = request.query as { id?: string }
      const value = await route({ id: String(id), body: request.body, req: request.raw, res: reply.raw })
      if (value instanceof Readable) reply.type('text/plain')
      return value
    })
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { ...(await listen(app.server, () => app.close())), stats: () => app.osprofiler.stats }
}
