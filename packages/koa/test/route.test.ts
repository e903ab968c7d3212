import Router from '@koa/router'
import { setNotifier } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/koa'
import type Koa from 'koa'
import mount from 'koa-mount'
import supertest from 'supertest'
import { afterEach, describe, expect, it } from 'vitest'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, signTrace } from '../../../test/context/signed-request.js'
import { koas } from './koas.js'

afterEach(() => setNotifier(undefined))

interface Context {
  body: unknown
  status: number
  throw(status: number): never
}
type Next = () => Promise<unknown>

const answer = (ctx: Context): void => {
  ctx.body = {}
}
const pass = async (_ctx: Context, next: Next): Promise<void> => void (await next())
const fail = (): never => {
  throw new RangeError('out of range')
}
const refuse = (ctx: Context): void => {
  ctx.status = 401
}
const notFound = (ctx: Context): never => ctx.throw(404)

describe.each(koas)('the route of a request in Koa $version', ({ Koa: Application }) => {
  async function routeOf(path: string, build: (app: Koa) => unknown, method: 'get' | 'head' = 'get') {
    const traces = recordTraces()
    const app = new Application()
    app.silent = true
    app.use(osprofilerMiddleware(KEY, { maxTracesPerSecond: 10_000 }))
    build(app)
    const { baseId, headers } = signTrace()
    await supertest(app.callback())[method](path).set(headers)
    const records = await traces.whenServed(baseId)
    return (records.at(-1)?.info.request as { route?: unknown } | undefined)?.route
  }

  const orders = (options?: { prefix: string }): Router => new Router(options).get('/orders/:id', answer)
  const mounted = (path: string, router: Router) => mount(path, new Application().use(router.routes()))

  const cases: readonly [name: string, path: string, route: string | undefined, build: (app: Koa) => unknown][] = [
    ['a route of a router', '/orders/7?x=1', '/orders/:id', app => app.use(orders().routes())],
    ['a router with a prefix', '/api/orders/7', '/api/orders/:id', app => app.use(orders({ prefix: '/api' }).routes())],
    [
      'a prefix with a parameter',
      '/t/1/orders/7',
      '/t/:t/orders/:id',
      app => app.use(orders({ prefix: '/t/:t' }).routes()),
    ],
    [
      'nested routers',
      '/a/b/orders/7',
      '/a/b/orders/:id',
      app => app.use(new Router().use('/a', new Router().use('/b', orders().routes()).routes()).routes()),
    ],
    [
      'nested routers with prefixes',
      '/a/b/orders/7',
      '/a/b/orders/:id',
      app => app.use(new Router({ prefix: '/a' }).use(orders({ prefix: '/b' }).routes()).routes()),
    ],
    [
      'a route in the second of two routers',
      '/orders/7',
      '/orders/:id',
      app => app.use(new Router().get('/items', answer).routes()).use(orders().routes()),
    ],
    [
      'several matching routes of which the first responds',
      '/orders/new',
      '/orders/new',
      app => app.use(new Router().get('/orders/new', answer).get('/orders/:id', answer).routes()),
    ],
    [
      'several matching routes of which the last responds',
      '/orders/7',
      '/orders/:id',
      app => app.use(new Router().all('/{*rest}', pass).get('/orders/:id', answer).routes()),
    ],
    [
      'a router with middleware',
      '/api/orders/7',
      '/api/orders/:id',
      app => app.use(new Router({ prefix: '/api' }).use(pass).get('/orders/:id', answer).use(pass).routes()),
    ],
    [
      'a router middleware that responds',
      '/api/orders/7',
      '/api/orders/:id',
      app => app.use(new Router({ prefix: '/api' }).use(refuse).get('/orders/:id', answer).routes()),
    ],
    [
      'a regular expression',
      '/orders/7',
      '/^\\/orders\\/\\d+$/',
      app => app.use(new Router().get(/^\/orders\/\d+$/, answer).routes()),
    ],
    ['a list of paths', '/b/7', '/b/:id', app => app.use(new Router().get(['/a/:id', '/b/:id'], answer).routes())],
    ['a mounted application', '/shop/orders/7', '/shop/orders/:id', app => app.use(mounted('/shop', orders()))],
    [
      'nested mounted applications',
      '/a/b/orders/7',
      '/a/b/orders/:id',
      app =>
        app.use(mount('/a', new Application().use(mounted('/b', orders({ prefix: '/orders' }).get('/:id', answer))))),
    ],
    [
      'a mounted application that calls next()',
      '/orders/7',
      '/orders/:id',
      app => app.use(mount('/orders', new Application().use(pass))).use(orders().routes()),
    ],
    [
      'a mounted application that calls next(), followed by a route for all paths',
      '/shop/orders/7',
      '/{*rest}',
      app =>
        app
          .use(mounted('/shop', new Router().get('/carts', answer)))
          .use(new Router().get('/{*rest}', answer).routes()),
    ],
    [
      'a route for all paths in a mounted application',
      '/shop/orders/7',
      '/shop/{*rest}',
      app => app.use(mounted('/shop', new Router().get('/{*rest}', answer))),
    ],
    [
      'a handler that throws',
      '/orders/7',
      '/orders/:id',
      app => app.use(new Router().get('/orders/:id', fail).routes()),
    ],
    [
      'a handler that throws in a mounted application',
      '/shop/orders/7',
      '/shop/orders/:id',
      app => app.use(mounted('/shop', new Router().get('/orders/:id', fail))),
    ],
    [
      'a route that throws a "not found" error',
      '/orders/7',
      '/orders/:id',
      app => app.use(new Router().get('/orders/:id', notFound).routes()),
    ],
    [
      'an error that a middleware before the router turns into a response',
      '/orders/7',
      '/orders/:id',
      app =>
        app
          .use(async (ctx, next) => {
            try {
              await next()
            } catch {
              ctx.status = 422
            }
          })
          .use(new Router().get('/orders/:id', fail).routes()),
    ],
    ['a request without a matching route', '/items', undefined, app => app.use(orders().routes())],
    [
      'a request whose method has no route',
      '/orders/7',
      undefined,
      app => {
        const router = new Router().post('/orders/:id', answer)
        app.use(router.routes()).use(router.allowedMethods())
      },
    ],
    ['an application without a router', '/orders/7', undefined, app => app.use(answer)],
  ]

  it.each(cases)('is correct for %s', async (_name, path, route, build) => {
    const found = await routeOf(path, build)

    expect(found).toBe(route)
  })

  it('is the GET route if the request is a HEAD request', async () => {
    const found = await routeOf('/api/orders/7', app => app.use(orders({ prefix: '/api' }).routes()), 'head')

    expect(found).toBe('/api/orders/:id')
  })
})
