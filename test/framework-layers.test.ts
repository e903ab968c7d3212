import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Router from '@koa/router'
import { createTraceId, setNotifier, signedPack, type TraceRecord, withTrace } from '@osprofiler/core'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import osprofiler from '@osprofiler/fastify'
import { instrument } from '@osprofiler/instruments'
import { osprofilerMiddleware as koaMiddleware } from '@osprofiler/koa'
import { buildReport, renderTree, summarize } from '@osprofiler/report'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runScript } from './print-of-script.js'

const KEY = 'SECRET'
const EXPRESS_VERSIONS = ['express', 'express4']
const KOA_VERSIONS = ['koa', 'koa2']
const THIS_FILE_PATTERN = /^framework-layers\.test\.ts:\d+$/
const limits = { maxTracesPerSecond: 10_000 }
const require = createRequire(import.meta.url)

let records: TraceRecord[]
const undos: (() => unknown)[] = []

beforeEach(() => {
  records = []
  setNotifier(record => void records.push(record))
})
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo()
  setNotifier(undefined)
})

interface App {
  /** Sends a request, signed by default. Resolves to its status and trace id once all of its points are recorded. */
  get(path: string, signed?: boolean): Promise<{ status: number; baseId: string }>
}

async function serve(listener: RequestListener): Promise<App> {
  return listen(createServer(listener).listen(0, '127.0.0.1'))
}

async function listen(server: Server): Promise<App> {
  if (!server.listening) await once(server, 'listening')
  undos.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    async get(path, signed = true) {
      const baseId = createTraceId()
      const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, KEY)
      const response = await fetch(origin + path, {
        headers: signed ? { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } : {},
      })
      await response.text()
      const isOver = () => records.some(({ name, base_id }) => name === 'wsgi-stop' && base_id === baseId)
      while (signed && !isOver()) await sleep(1)
      return { status: response.status, baseId }
    },
  }
}

/**
 * Returns a framework's points in the order of their starts, each with the info about its layer and with its nested
 * points.
 */
function recordLayers(framework: string, baseId?: string) {
  const own = records.filter(record => baseId === undefined || record.base_id === baseId)
  const wsgi = own.find(({ name }) => name === 'wsgi-start')?.trace_id
  return own
    .filter(({ name }) => name === `${framework}-start`)
    .map(({ trace_id, parent_id, info }) => {
      const stop = own.find(record => record.trace_id === trace_id && record.name.endsWith('-stop'))
      const inside = own.filter(record => record.parent_id === trace_id && record.name.endsWith('-start'))
      expect(parent_id).toBe(wsgi)
      return {
        ...(info.layer as { name: string }),
        ...(stop?.info.layer as object),
        ...(stop?.info.etype === undefined ? {} : { etype: stop.info.etype }),
        ...(inside.length === 0 ? {} : { inside: inside.map(record => record.name.replace('-start', '')) }),
      }
    })
}

/** Checks that each point stops before the next one starts, so that no time is counted twice. */
function expectSequentialLayers(framework: string): void {
  const names = records.map(({ name }) => name).filter(name => name.startsWith(`${framework}-`))
  for (const [index, name] of names.entries()) {
    expect(name).toBe(`${framework}-${index % 2 === 0 ? 'start' : 'stop'}`)
  }
}

it('a report folds layers that only call the next layer, and does not mistake them for a loop', async () => {
  const Koa: typeof import('koa') = require('koa')
  undos.push(instrument(['koa']))
  const app = new Koa()
  app.use(koaMiddleware(KEY, limits) as import('koa').Middleware)
  for (const name of ['one', 'two', 'three', 'four']) {
    app.use(Object.defineProperty((_ctx: unknown, next: () => Promise<unknown>) => next(), 'name', { value: name }))
  }
  app.use(async function answer(ctx) {
    ctx.body = await withTrace('db', { db: { statement: 'SELECT 1' } }, async () => 'ok')
  })
  const { get } = await serve(app.callback())

  await get('/')

  const report = buildReport(records)
  const tree = renderTree(report, { width: 80 })
  expect(tree).toMatch(/8 x koa layers/)
  expect(tree).toMatch(/koa answer/)
  expect(tree).toMatch(/db SELECT 1/)
  // The pattern "two" alone would match the word "network", which may occur below the tree.
  expect(tree).not.toMatch(/koa two/)
  expect(summarize(report).filter(({ kind }) => kind === 'repeated')).toEqual([])
})

describe('layers with anonymous functions', () => {
  const express = [
    'anonymous-layers.mjs:22',
    'anonymous-plugin/index.mjs:3',
    'router',
    'anonymous-layers.mjs:27',
    'load GET /orders/:id',
    'anonymous-layers.mjs:28 GET /orders/:id',
    'anonymous-layers.mjs:36',
  ]
  const koa = ['anonymous-layers.mjs:45', 'anonymous-layers.mjs:46', 'anonymous-layers.mjs:45']

  it.each([
    ['express', express],
    ['express4', express],
    ['koa', koa],
    ['koa2', koa],
    [
      'fastify',
      [
        'preValidation anonymous-layers.mjs:61 GET /orders/:id',
        'preHandler anonymous-layers.mjs:57',
        'preHandler anonymous-layers.mjs:61 GET /orders/:id',
        'anonymous-layers.mjs:61 GET /orders/:id',
        'onSend anonymous-layers.mjs:59',
      ],
    ],
  ])('are named after the source position where they were registered: %s', async (framework, expected) => {
    const printed = await runScript('fixtures/anonymous-layers.mjs', [framework])

    expect(JSON.parse(printed)).toEqual(expected)
  })
})

describe.each(EXPRESS_VERSIONS)('the layers of %s', version => {
  const express: typeof import('express') = require(version)

  function createApp() {
    undos.push(instrument(['express']))
    const app = express()
    app.use(osprofilerMiddleware(KEY, limits))
    return app
  }

  it("become points named by function and route, which contain the points of the layer's work", async () => {
    const app = createApp()
    app.use(express.json())
    app.use(function authenticate(_req, _res, next) {
      setTimeout(next, 5)
    })
    const orders = express.Router()
    orders.get('/:id', async function getOrder(_req, res) {
      await withTrace('db', () => sleep(5))
      res.json({})
    })
    app.use('/orders', orders)
    const { get } = await serve(app)

    expect(await get('/orders/7')).toMatchObject({ status: 200 })

    const named = recordLayers('express').filter(({ name }) => name !== 'router')
    expect(named).toEqual([
      { name: 'jsonParser' },
      { name: 'authenticate' },
      { name: 'getOrder', route: 'GET /orders/:id', inside: ['db'] },
    ])
    expectSequentialLayers('express')
  })

  it('receive the `next` of their own request', async () => {
    const app = createApp()
    const same: boolean[] = []
    const compare = (req: object, _res: unknown, next: () => void) => {
      same.push((req as { readonly next?: unknown }).next === next)
      next()
    }
    app.use(compare)
    app.use('/', compare)
    app.use(express.Router().use(compare).use(compare))
    app.use(compare)
    app.get('/', compare, (_req, res) => void res.end('ok'))
    const { get } = await serve(app)

    await get('/', false)
    const untraced = same.splice(0)
    await get('/')

    expect(untraced[0]).toBe(true)
    expect(same).toEqual(untraced)
  })

  it('end when they call next, or when the request ends', async () => {
    const app = createApp()
    app.use(function slow(_req, _res, next) {
      setTimeout(next, 30)
    })
    app.get('/', function answer(_req, res) {
      setTimeout(() => res.end('ok'), 30)
    })
    const { get } = await serve(app)

    await get('/')

    const { points } = buildReport(records)
    const durations = points.filter(({ name }) => name === 'express').map(({ durationUs = 0 }) => durationUs / 1000)
    expect(durations).toHaveLength(2)
    for (const ms of durations) expect(ms).toBeGreaterThan(25)
    expect(points[0]?.durationUs).toBeGreaterThan((durations[0] ?? 0) * 1000 + (durations[1] ?? 0) * 1000 - 5_000)
  })

  it('record their own failure, but not a failure that they only pass on', async () => {
    const app = createApp()
    app.get('/thrown', function fail() {
      throw new RangeError('thrown')
    })
    app.get('/passed', function fail(_req, _res, next) {
      setTimeout(() => next(new RangeError('passed')), 1)
    })
    app.use(osprofilerErrorHandler())
    const recover: import('express').ErrorRequestHandler = function recover(_error, _req, res, _next) {
      res.status(503).end()
    }
    app.use(recover)
    const { get } = await serve(app)

    for (const path of ['/thrown', '/passed']) {
      const { status, baseId } = await get(path)

      expect(status).toBe(503)
      expect(recordLayers('express', baseId)).toEqual([
        { name: 'fail', route: `GET ${path}`, etype: 'RangeError' },
        { name: 'osprofilerError' },
        { name: 'recover' },
      ])
    }
  })

  it('are named by their route and source position if their function has no name', async () => {
    const app = createApp()
    app.get(['/a', '/b'], (_req, _res, next) => next('route'))
    app.get(/^\/b$/, (_req, res) => void res.end())
    const { get } = await serve(app)

    await get('/b')

    expect(recordLayers('express')).toEqual([
      { name: expect.stringMatching(THIS_FILE_PATTERN), route: 'GET /a,/b' },
      { name: expect.stringMatching(THIS_FILE_PATTERN), route: 'GET /^\\/b$/' },
    ])
  })

  it('have no points for untraced requests, and do not mix concurrent requests', async () => {
    const app = createApp()
    app.get('/:id', async function answer(req, res) {
      await withTrace(`work ${req.params.id}`, () => sleep(Number(req.params.id) % 5))
      res.end()
    })
    const { get } = await serve(app)

    const all = await Promise.all(Array.from({ length: 60 }, (_, id) => get(`/${id}`, id % 2 === 0)))

    for (const [id, { baseId }] of all.entries()) {
      const expected = { name: 'answer', route: 'GET /:id', inside: [`work ${id}`] }
      expect(recordLayers('express', baseId)).toEqual(id % 2 === 0 ? [expected] : [])
    }
  })

  it('become one point each if instrument() was called twice, and no points after both calls were undone', async () => {
    const app = createApp()
    const undo = instrument(['express'])
    app.get('/', function answer(_req, res) {
      res.end()
    })
    const { get } = await serve(app)

    await get('/')
    const both = recordLayers('express')
    undo()
    const { baseId: one } = await get('/')
    undos.shift()?.()
    const { baseId: none } = await get('/')

    expect(both).toHaveLength(1)
    expect(recordLayers('express', one)).toHaveLength(1)
    expect(recordLayers('express', none)).toEqual([])
  })
})

describe.each(KOA_VERSIONS)('the middleware of %s', version => {
  const Koa: typeof import('koa') = require(version)

  function createApp() {
    undos.push(instrument(['koa']))
    const app = new Koa()
    app.silent = true
    app.use(koaMiddleware(KEY, limits) as import('koa').Middleware)
    return app
  }

  it('has one point before next() and one point after it', async () => {
    const app = createApp()
    app.use(async function logger(_ctx, next) {
      await withTrace('before', () => sleep(1))
      await next()
      await withTrace('later', () => sleep(1))
    })
    app.use(function passing(_ctx, next) {
      return next()
    })
    const router = new Router()
    router.get('/orders/:id', async ctx => {
      ctx.body = await withTrace('db', async () => 'order')
    })
    app.use(router.routes() as unknown as import('koa').Middleware)
    const { get } = await serve(app.callback())

    expect(await get('/orders/7')).toMatchObject({ status: 200 })

    expect(recordLayers('koa')).toEqual([
      { name: 'logger', inside: ['before'] },
      { name: 'passing' },
      { name: 'router', route: 'GET /orders/:id', inside: ['db'] },
      { name: 'passing', after: true },
      { name: 'logger', after: true, inside: ['later'] },
    ])
    expectSequentialLayers('koa')
  })

  it('records its own failure, but not a failure that it only passes on', async () => {
    const app = createApp()
    app.use(async function outer(_ctx, next) {
      await next()
    })
    app.use(async function failing() {
      await sleep(1)
      throw new RangeError('no')
    })
    const { get } = await serve(app.callback())

    expect(await get('/')).toMatchObject({ status: 500 })

    expect(recordLayers('koa')).toEqual([
      { name: 'outer' },
      { name: 'failing', etype: 'RangeError' },
      { name: 'outer', after: true },
    ])
  })

  it('keeps properties that other code reads', async () => {
    const app = createApp()
    const router = new Router()
    const middleware = router.routes() as unknown as import('koa').Middleware
    app.use(middleware)

    const [, used] = app.middleware

    expect(used).toHaveProperty('router', router)
    expect(used).toHaveProperty('name', middleware.name)
    expect(used).toHaveProperty('length', middleware.length)
  })

  it('has no points for untraced requests, and does not mix concurrent requests', async () => {
    const app = createApp()
    app.use(async function answer(ctx) {
      await withTrace(`work ${ctx.path}`, () => sleep(5))
      ctx.body = 'ok'
    })
    const { get } = await serve(app.callback())

    const all = await Promise.all(Array.from({ length: 60 }, (_, id) => get(`/${id}`, id % 2 === 0)))

    for (const [id, { baseId }] of all.entries()) {
      expect(recordLayers('koa', baseId)).toEqual(id % 2 === 0 ? [{ name: 'answer', inside: [`work /${id}`] }] : [])
    }
  })
})

describe('the hooks and handlers of Fastify', () => {
  const fastify: typeof import('fastify').fastify = require('fastify')

  async function createApp() {
    undos.push(instrument(['fastify']))
    const app = fastify()
    undos.push(() => app.close())
    await app.register(osprofiler, { hmacKeys: KEY, ...limits })
    return app
  }

  async function reachApp(app: Awaited<ReturnType<typeof createApp>>): Promise<App> {
    await app.listen({ port: 0, host: '127.0.0.1' })
    return listen(app.server)
  }

  it('become points named by hook, function and route', async () => {
    const app = await createApp()
    app.addHook('onRequest', function authenticate(_request, _reply, done) {
      setTimeout(done, 2)
    })
    await app.register(async child => {
      child.addHook('preHandler', async function load() {
        await withTrace('db', () => sleep(1))
      })
      child.route({
        method: 'GET',
        url: '/orders/:id',
        preValidation: [async function check() {}],
        async handler() {
          return withTrace('db', async () => ({ id: 7 }))
        },
      })
    })
    app.addHook('onSend', function addHeaders(_request, _reply, payload, done) {
      done(null, payload)
    })
    const { get } = await reachApp(app)

    expect(await get('/orders/7')).toMatchObject({ status: 200 })

    const route = 'GET /orders/:id'
    expect(recordLayers('fastify')).toEqual([
      { name: 'authenticate', hook: 'onRequest' },
      { name: 'check', hook: 'preValidation', route },
      { name: 'load', hook: 'preHandler', inside: ['db'] },
      { name: 'handler', route, inside: ['db'] },
      { name: 'addHeaders', hook: 'onSend' },
    ])
    expectSequentialLayers('fastify')
  })

  it('record their failure', async () => {
    const app = await createApp()
    app.addHook('onRequest', function refuse(request, _reply, done) {
      done(request.url === '/refused' ? new RangeError('no') : undefined)
    })
    app.get('/refused', async () => 'ok')
    app.get('/failed', async function failing() {
      throw new TypeError('no')
    })
    const { get } = await reachApp(app)

    const { baseId: refused } = await get('/refused')
    const { baseId: failed } = await get('/failed')

    expect(recordLayers('fastify', refused)).toEqual([{ name: 'refuse', hook: 'onRequest', etype: 'RangeError' }])
    expect(recordLayers('fastify', failed)).toEqual([
      { name: 'refuse', hook: 'onRequest' },
      { name: 'failing', route: 'GET /failed', etype: 'TypeError' },
    ])
  })

  it('are still rejected by Fastify if they are invalid', async () => {
    const app = await createApp()

    const wrong = async (_request: unknown, _reply: unknown, _done: unknown): Promise<void> => undefined
    const add = () => app.addHook('onRequest', wrong as never)

    expect(add).toThrow(/async/i)
  })

  it('have no points for untraced requests, and do not mix concurrent requests', async () => {
    const app = await createApp()
    app.get('/:id', function answer(request, reply) {
      const { id } = request.params as { id: string }
      setTimeout(() => {
        withTrace(`work ${id}`, () => undefined)
        void reply.send('ok')
      }, Number(id) % 5)
    })
    const { get } = await reachApp(app)

    const all = await Promise.all(Array.from({ length: 60 }, (_, id) => get(`/${id}`, id % 2 === 0)))

    for (const [id, { baseId }] of all.entries()) {
      const expected = { name: 'answer', route: 'GET /:id', inside: [`work ${id}`] }
      expect(recordLayers('fastify', baseId)).toEqual(id % 2 === 0 ? [expected] : [])
    }
  })

  it('become one point each if instrument() was called twice, and no points after both calls were undone', async () => {
    undos.push(instrument(['fastify']))
    const app = await createApp()
    app.addHook('onRequest', async function hook() {})
    app.get('/', async function answer() {
      return 'ok'
    })
    const { get } = await reachApp(app)

    await get('/')
    const both = recordLayers('fastify')
    for (const undo of undos.splice(0, 2)) undo()
    const { baseId } = await get('/')

    expect(both).toHaveLength(2)
    expect(recordLayers('fastify', baseId)).toEqual([])
  })
})
