import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import compression from 'compression'
import express5 from 'express'
import express4 from 'express4'
import { type Application, DEFAULTS, type Framework, listen, type Serving } from './framework.js'

/** Each major version of Express. */
export const expressApps: readonly Framework[] = [
  { name: 'Express 5', serve: application => serve(application, express5) },
  // The types of the two versions differ, but not in the members that the tests use.
  { name: 'Express 4', serve: application => serve(application, express4 as unknown as typeof express5) },
]

async function serve(application: Application, express: typeof express5): Promise<Serving> {
  const { routes, rawRoutes, keys, options, before, after, compress } = { ...DEFAULTS, ...application }
  const app = express()
  const middleware = osprofilerMiddleware(keys.hmacKeys, options)
  app.use((_req, _res, next) => void before(next))
  app.use(middleware)
  app.use((_req, _res, next) => void after(next))
  if (compress) app.use(compression({ threshold: 0 }))
  for (const [path, route] of Object.entries(rawRoutes)) app.all(path, (req, res) => route(req, res))
  app.use(express.json({ limit: '10mb' }))
  for (const [path, route] of Object.entries(routes)) {
    app.all(path, async (req, res, next) => {
      try {
        const value = await route({ id: String(req.query.id), body: req.body, req, res })
        if (value instanceof Readable) value.pipe(res.type('text'))
        else res.json(value)
      } catch (error) {
        next(error)
      }
    })
  }
  app.use(osprofilerErrorHandler())
  app.use(fail)
  return { ...(await listen(createServer(app))), stats: () => middleware.stats }
}

const fail: express5.ErrorRequestHandler = (_error, _req, res, _next) => void res.status(500).end()
