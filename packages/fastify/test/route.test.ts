import { setNotifier } from '@osprofiler/core'
import { osprofiler } from '@osprofiler/fastify'
import { type FastifyInstance, fastify } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, signTrace } from '../../../test/context/signed-request.js'

afterEach(() => setNotifier(undefined))

async function routeOf(url: string, build: (app: FastifyInstance) => unknown, method: 'GET' | 'HEAD' = 'GET') {
  const traces = recordTraces()
  const app = fastify()
  app.register(osprofiler, { hmacKeys: [KEY], maxTracesPerSecond: 10_000 })
  build(app)
  const { baseId, headers } = signTrace()
  await app.inject({ url, method, headers })
  const records = await traces.whenServed(baseId)
  await app.close()
  return (records.at(-1)?.info.request as { route?: unknown } | undefined)?.route
}

const answer = async (): Promise<object> => ({})
const fail = async (): Promise<never> => {
  throw new RangeError('out of range')
}
const orders = async (app: FastifyInstance): Promise<void> => void app.get('/orders/:id', answer)

describe('the route of a request in Fastify', () => {
  const cases: readonly [
    name: string,
    url: string,
    route: string | undefined,
    build: (app: FastifyInstance) => unknown,
  ][] = [
    ['a route of the server', '/orders/7?x=1', '/orders/:id', app => app.register(orders)],
    ['a plugin with a prefix', '/api/orders/7', '/api/orders/:id', app => app.register(orders, { prefix: '/api' })],
    [
      'a plugin with a parameter in its prefix',
      '/t/1/orders/7',
      '/t/:t/orders/:id',
      app => app.register(orders, { prefix: '/t/:t' }),
    ],
    [
      'nested plugins with prefixes',
      '/a/b/orders/7',
      '/a/b/orders/:id',
      app => app.register(async child => void child.register(orders, { prefix: '/b' }), { prefix: '/a' }),
    ],
    [
      'the root route of a plugin with a prefix',
      '/api',
      '/api',
      app => app.register(async child => void child.get('/', answer), { prefix: '/api' }),
    ],
    ['a wildcard', '/files/a/b', '/files/*', app => app.get('/files/*', answer)],
    ['a path that is only a wildcard', '/a/b', '*', app => app.get('*', answer)],
    [
      'a parameter with a regular expression',
      '/orders/7.png',
      '/orders/:id(^\\d+).png',
      app => app.get('/orders/:id(^\\d+).png', answer),
    ],
    ['a handler that throws', '/orders/7', '/orders/:id', app => app.get('/orders/:id', fail)],
    [
      'a hook that responds',
      '/orders/7',
      '/orders/:id',
      app => {
        app.addHook('onRequest', async (_request, reply) => reply.code(401).send({}))
        app.register(orders)
      },
    ],
    [
      'a route that responds with "not found"',
      '/orders/7',
      '/orders/:id',
      app => app.get('/orders/:id', (_request, reply) => reply.callNotFound()),
    ],
    ['a request without a matching route', '/items', undefined, app => app.register(orders)],
    [
      'a request without a matching route if the application calls setNotFoundHandler()',
      '/items',
      undefined,
      app => app.register(orders).setNotFoundHandler((_request, reply) => reply.code(404).send({})),
    ],
    [
      'a request without a matching route in a plugin with a prefix',
      '/api/items',
      undefined,
      app =>
        app.register(
          async child => void child.setNotFoundHandler((_request, reply) => reply.code(404).send({})).register(orders),
          { prefix: '/api' },
        ),
    ],
  ]

  it.each(cases)('is correct for %s', async (_name, url, route, build) => {
    const found = await routeOf(url, build)

    expect(found).toBe(route)
  })

  it('is the GET route if the request is a HEAD request', async () => {
    const found = await routeOf('/orders/7', app => app.register(orders), 'HEAD')

    expect(found).toBe('/orders/:id')
  })
})
