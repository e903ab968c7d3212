import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { callbackify, inspect, promisify } from 'node:util'
import { trace } from '@osprofiler/core'
import express from 'express'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import Koa from 'koa'
import { describe, expect, it, vi } from 'vitest'
import { compare, FUNCTION_WAYS, type WayToTrace } from './ways-to-trace.js'

/** Returns a server's responses for these paths. */
async function requestAll(server: import('node:http').Server, paths: readonly string[]): Promise<unknown> {
  if (!server.listening) await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const seen: unknown[] = []
  for (const path of paths) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    seen.push([path, response.status, await response.text(), response.headers.get('x-step')])
  }
  server.closeAllConnections()
  return seen
}

/** Symbols that fastify-plugin sets so that a plugin can decorate the instance outside of the plugin. */
const SHARED = {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'shared',
  [Symbol.for('plugin-meta')]: { name: 'shared' },
}

const PROGRAMS: Record<string, (wrap: WayToTrace['wrap']) => unknown> = {
  // Express recognizes an error handler by its four parameters, and an application by its properties.
  'Express, which counts parameters,': async wrap => {
    const app = express()
    const inner = express()
    inner.get(
      '/',
      wrap((req: express.Request, res: express.Response) => void res.send(`inner of ${req.baseUrl}`)),
    )
    app.use(
      wrap((_req: express.Request, res: express.Response, next: express.NextFunction) => {
        res.set('x-step', 'first')
        next()
      }),
    )
    app.param(
      'id',
      wrap((req: express.Request, _res: express.Response, next: express.NextFunction, id: string) => {
        req.headers['x-id'] = `id ${id}`
        next()
      }),
    )
    app.get(
      '/orders/:id',
      wrap(async (req: express.Request, res: express.Response) => void res.send(req.headers['x-id'])),
    )
    app.get(
      '/failing',
      wrap(async () => Promise.reject(new RangeError('sold out'))),
    )
    app.use('/inner', wrap(inner))
    app.use('/router', wrap(express.Router().get('/', (_req, res) => void res.send('routed'))))
    app.use(
      wrap((error: Error, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
        res.status(410).send(error.message)
      }),
    )
    const server = app.listen(0, '127.0.0.1')
    const seen = await requestAll(server, ['/orders/7', '/failing', '/inner', '/router', '/none'])
    server.close()
    return [seen, (inner as unknown as { mountpath: string }).mountpath]
  },

  // Fastify recognizes async hooks by their constructor, and plugins by symbols and the number of parameters.
  'Fastify, which checks constructors and symbols,': async wrap => {
    const app = fastify()
    const refused: unknown[] = []
    try {
      app.addHook('onRequest', wrap(async (_request: unknown, _reply: unknown, _done: unknown) => {}) as never)
    } catch (error) {
      refused.push((error as { code: string }).code)
    }
    app.addHook(
      'onRequest',
      wrap(async (_request: FastifyRequest, reply: FastifyReply) => void reply.header('x-step', '1')),
    )
    app.addHook(
      'preHandler',
      wrap((_request: FastifyRequest, _reply: FastifyReply, done: () => void) => setImmediate(done)),
    )
    app.register(
      wrap(Object.assign(async (instance: FastifyInstance) => void instance.decorate('shared', 'shared'), SHARED)),
    )
    app.register(
      wrap((instance: FastifyInstance, _options: object, done: () => void) => {
        instance.decorate('own', 'own')
        instance.get(
          '/inner',
          wrap(async () => `${Reflect.get(instance, 'own')} ${Reflect.get(instance, 'shared')}`),
        )
        done()
      }),
    )
    app.get(
      '/sync',
      wrap((_request: FastifyRequest, reply: FastifyReply) => void reply.send('sync')),
    )
    app.get(
      '/failing',
      wrap(async () => Promise.reject(new RangeError('sold out'))),
    )
    app.setErrorHandler(
      wrap(async (error: Error, _request: FastifyRequest, reply: FastifyReply) => {
        reply.code(410)
        return error.message
      }),
    )
    await app.listen({ port: 0, host: '127.0.0.1' })
    const seen = await requestAll(app.server, ['/inner', '/sync', '/failing', '/none'])
    const plugins = app.printPlugins().replaceAll(/ \d+ ms/g, '')
    await app.close()
    return [seen, refused, Reflect.has(app, 'own'), plugins]
  },

  'Koa with async and other middleware': async wrap => {
    const app = new Koa()
    app.silent = true
    app.use(
      wrap(async (ctx: Koa.Context, next: Koa.Next) => {
        await next()
        ctx.set('x-step', `${ctx.status}`)
      }),
    )
    app.use(
      wrap((ctx: Koa.Context) => {
        if (ctx.path === '/failing') ctx.throw(410, 'sold out')
        ctx.body = ctx.path
      }),
    )
    const server = app.listen(0, '127.0.0.1')
    const seen = await requestAll(server, ['/one', '/failing'])
    server.close()
    return seen
  },

  'a function that is passed to util.promisify, to a mock or to Array.sort': async wrap => {
    const read = wrap((value: number, done: (error: null, value: number) => void) =>
      setImmediate(done, null, value + 1),
    )
    const later = wrap(async function later(value: number) {
      return value
    })
    const custom = wrap(Object.assign(() => 1, { [promisify.custom]: async () => 'custom' }))
    const shop = { price: wrap((value: number) => value) }
    const spy = vi.spyOn(shop, 'price').mockImplementation(value => value * 2)
    const mocked = [shop.price(2), spy.mock.calls]
    spy.mockRestore()
    return [
      await promisify(read)(1),
      await promisify(callbackify(later))(2),
      await (promisify(custom) as () => Promise<unknown>)(),
      mocked,
      shop.price(2),
      later.bind(null).name,
      [3, 1, 2].sort(wrap((a: number, b: number) => a - b)),
      'a-b'.replace(
        /[ab]/g,
        wrap((letter: string) => letter.toUpperCase()),
      ),
    ]
  },
}

describe.each(Object.entries(PROGRAMS))('%s', (_, program) => {
  it.each(FUNCTION_WAYS)('behaves the same whether it is untraced or traced with $name', async way => {
    const { untraced, outside, inside, points } = await compare(way, ({ wrap }) => program(wrap))

    expect(outside).toEqual(untraced)
    expect(inside).toEqual(untraced)
    expect(points).toBeGreaterThan(0)
  })
})

describe('util.inspect', () => {
  it('shows a function that is traced twice like a function that is traced once', () => {
    const once = trace('step')(async function later() {})

    expect(inspect(trace('outer')(once))).toBe(inspect(once))
  })
})
