import { setNotifier } from '@osprofiler/core'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import type { Express, NextFunction, Request, Response, Router } from 'express'
import supertest from 'supertest'
import { afterEach, describe, expect, it } from 'vitest'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, signTrace } from '../../../test/context/signed-request.js'
import { expresses } from './expresses.js'

afterEach(() => setNotifier(undefined))

const answer = (_req: Request, res: Response): void => void res.json({})
const pass = (_req: Request, _res: Response, next: NextFunction): void => next()
const fail = (_req: Request, _res: Response, next: NextFunction): void => next(new RangeError('out of range'))
const notFound = (_req: Request, res: Response): void => void res.status(404).json({})
const answerError = (_error: unknown, _req: Request, res: Response, _next: NextFunction): void =>
  void res.status(422).json({})
const later = (_req: Request, _res: Response, next: NextFunction): void => void setImmediate(next)

describe.each(expresses)('the route of a request in Express $version', ({ version, express }) => {
  const star = version === '4' ? '*' : '/*rest'

  async function routeOf(path: string, build: (app: Express) => void, method: 'get' | 'head' = 'get') {
    const traces = recordTraces()
    const app = express()
    app.set('env', 'test')
    app.use(osprofilerMiddleware(KEY, { maxTracesPerSecond: 10_000 }))
    build(app)
    const { baseId, headers } = signTrace()
    await supertest(app)
      [method](path)
      .set(headers)
      .catch(() => undefined)
    const records = await traces.whenServed(baseId)
    return (records.at(-1)?.info.request as { route?: unknown } | undefined)?.route
  }

  const router = (build: (router: Router) => unknown, options = {}): Router => {
    const made = express.Router(options)
    build(made)
    return made
  }
  const sub = (build: (app: Express) => unknown): Express => {
    const made = express()
    made.set('env', 'test')
    build(made)
    return made
  }
  const orders = router(r => r.get('/orders/:id', answer))
  const failing = router(r => r.get('/orders/:id', fail))

  const cases: readonly [name: string, path: string, route: string | undefined, build: (app: Express) => unknown][] = [
    ['a route of the application', '/orders/7?x=1', '/orders/:id', app => app.get('/orders/:id', answer)],
    ['a route that `app.route` defines', '/orders/7', '/orders/:id', app => app.route('/orders/:id').get(answer)],
    [
      'several matching routes of which the first responds',
      '/orders/new',
      '/orders/new',
      app => app.use(router(r => r.get('/orders/new', answer).get('/orders/:id', answer))),
    ],
    [
      'several matching routes of which the last responds',
      '/orders/7',
      '/orders/:id',
      app => app.all(star, pass).get('/orders/:id', answer),
    ],
    ['a route for the root path', '/', '/', app => app.get('/', answer)],
    ['a mounted router', '/api/orders/7', '/api/orders/:id', app => app.use('/api', orders)],
    ['a router mounted at the root', '/orders/7', '/orders/:id', app => app.use(orders)],
    ['a mount path with a trailing slash', '/api/orders/7', '/api/orders/:id', app => app.use('/api/', orders)],
    [
      'nested routers',
      '/api/v1/orders/7',
      '/api/v1/orders/:id',
      app =>
        app.use(
          '/api',
          router(r => r.use('/v1', orders)),
        ),
    ],
    ['a router mounted twice', '/v2/orders/7', '/v2/orders/:id', app => app.use('/v1', orders).use('/v2', orders)],
    ['a router mounted at several paths', '/v2/orders/7', '/v2/orders/:id', app => app.use(['/v1', '/v2'], orders)],
    [
      'a mount path with a parameter',
      '/tenants/t%201/orders/7',
      '/tenants/:tenant/orders/:id',
      app => app.use('/tenants/:tenant', orders),
    ],
    [
      'a router with `mergeParams`',
      '/users/7/orders/7',
      '/users/:user/orders/:id',
      app =>
        app.use(
          '/users/:user',
          router(r => r.get('/orders/:id', answer), { mergeParams: true }),
        ),
    ],
    [
      'a sub-application',
      '/shop/orders/7',
      '/shop/orders/:id',
      app =>
        app.use(
          '/shop',
          sub(s => s.use(orders)),
        ),
    ],
    [
      'nested sub-applications',
      '/a/b1/c/orders/7',
      '/a/:b/c/orders/:id',
      app =>
        app.use(
          '/a',
          sub(s =>
            s.use(
              '/:b',
              sub(t => t.use('/c', orders)),
            ),
          ),
        ),
    ],
    [
      'a sub-application in a router',
      '/r/shop/orders/7',
      '/r/shop/orders/:id',
      app =>
        app.use(
          '/r',
          router(r =>
            r.use(
              '/shop',
              sub(s => s.use(orders)),
            ),
          ),
        ),
    ],
    [
      'a router that is called by a function',
      '/api/orders/7',
      '/api/orders/:id',
      app => app.use('/api', (req, res, next) => orders(req, res, next)),
    ],
    [
      'layers that call next() later',
      '/api/orders/7',
      '/api/orders/:id',
      app =>
        app.use(later).use(
          '/api',
          later,
          router(r => r.use(later).get('/orders/:id', later, answer)),
        ),
    ],
    [
      'a rewritten URL',
      '/old/7',
      '/api/orders/:id',
      app =>
        app
          .use((req, _res, next) => {
            req.url = req.url.replace('/old', '/api/orders')
            next()
          })
          .use('/api', orders),
    ],
    ['a regular expression', '/orders/7', '/^\\/orders\\/(\\d+)$/', app => app.get(/^\/orders\/(\d+)$/, answer)],
    [
      'a regular expression with the flag `g`',
      '/orders/7',
      '/^\\/orders\\/(\\d+)$/g',
      app => app.get(/^\/orders\/(\d+)$/g, answer),
    ],
    [
      'a list of paths',
      '/bestellungen/7',
      '/bestellungen/:id',
      app => app.get(['/orders/:id', '/bestellungen/:id'], answer),
    ],
    [
      'a list of paths and regular expressions',
      '/b7',
      '/a/:id,/^\\/b\\d$/',
      app => app.get(['/a/:id', /^\/b\d$/], answer),
    ],
    ['a wildcard', '/files/a/b', `/files${star}`, app => app.get(`/files${star}`, answer)],
    ['a handler that calls `next(error)`', '/orders/7', '/orders/:id', app => app.get('/orders/:id', fail)],
    [
      'a handler that throws',
      '/orders/7',
      '/orders/:id',
      app =>
        app.get('/orders/:id', () => {
          throw new Error('no')
        }),
    ],
    [
      'a handler in a router that calls `next(error)`',
      '/api/orders/7',
      '/api/orders/:id',
      app => app.use('/api', failing),
    ],
    [
      "an error that is handled by the application's own error handler",
      '/t/1/orders/7',
      '/t/:t/orders/:id',
      app => app.use('/t/:t', failing).use(answerError),
    ],
    [
      'an error in a sub-application that is handled outside the sub-application',
      '/shop/orders/7',
      '/shop/orders/:id',
      app =>
        app
          .use(
            '/shop',
            sub(s => s.use(failing)),
          )
          .use(answerError),
    ],
    [
      'a "not found" error that a route passes to `osprofilerErrorHandler`',
      '/api/orders/7',
      '/api/orders/:id',
      app =>
        app
          .use(
            '/api',
            router(r =>
              r.get('/orders/:id', (_req, _res, next) => next(Object.assign(new Error('none'), { status: 404 }))),
            ),
          )
          .use(osprofilerErrorHandler())
          .use((_e: unknown, req: Request, res: Response, _next: NextFunction) => notFound(req, res)),
    ],
    ['a route that responds with "not found"', '/orders/7', '/orders/:id', app => app.get('/orders/:id', notFound)],
    [
      'a middleware that runs after the response',
      '/orders/7',
      '/orders/:id',
      app =>
        app
          .get('/orders/:id', (_req, res, next) => {
            res.json({})
            next()
          })
          .use(pass),
    ],
    ['a request without a matching route', '/orders/7', undefined, app => app.get('/items', answer)],
    ['a request whose method has no route', '/orders/7', undefined, app => app.post('/orders/:id', answer)],
    ['a request without a matching route in a router', '/api/nothing', undefined, app => app.use('/api', orders)],
    ['a middleware that responds', '/orders/7', undefined, app => app.use('/orders', answer)],
    ['a middleware that calls `next(error)`', '/orders/7', undefined, app => app.use(fail).get('/orders/:id', answer)],
    [
      'a route that calls next() although no layer follows',
      '/orders/7',
      undefined,
      app => app.get('/orders/:id', pass),
    ],
    [
      'a route without parameters that calls next() although no layer follows',
      '/orders',
      undefined,
      app => app.get('/orders', pass),
    ],
    [
      'a route that calls next(), followed by a "not found" handler',
      '/orders/7',
      undefined,
      app => app.get('/orders/:id', pass).use(notFound),
    ],
    [
      'a route for all paths that calls next(), followed by a "not found" handler',
      '/orders/7',
      undefined,
      app => app.all(star, pass).use(notFound),
    ],
    [
      'a route that calls next(), followed by a middleware that responds',
      '/orders/7',
      undefined,
      app => app.get('/orders/:id', pass).use(answer),
    ],
    [
      'a router that contains itself',
      '/a/a/orders/7',
      '/a/a/orders/:id',
      app => {
        const own = router(r => r.get('/orders/:id', answer))
        own.use('/a', own)
        app.use(own)
      },
    ],
  ]

  it.each(cases)('is correct for %s', async (_name, path, route, build) => {
    const found = await routeOf(path, app => void build(app))

    expect(found).toBe(route)
  })

  it('is the GET route if the request is a HEAD request', async () => {
    const found = await routeOf('/api/orders/7', app => void app.use('/api', orders), 'head')

    expect(found).toBe('/api/orders/:id')
  })
})
