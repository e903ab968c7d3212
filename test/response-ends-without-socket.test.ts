import { EventEmitter } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { configure } from '@codegenie/serverless-express'
import { setNotifier } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import { osprofiler } from '@osprofiler/fastify'
import { osprofilerMiddleware as koaMiddleware } from '@osprofiler/koa'
import express5 from 'express'
import express4 from 'express4'
import { fastify } from 'fastify'
import Koa from 'koa'
import { inject } from 'light-my-request'
import { createMocks } from 'node-mocks-http'
import serverless from 'serverless-http'
import { afterEach, describe, expect, it } from 'vitest'
import { generateFailingRows } from './context/failing-rows.js'
import { countLiveTraces } from './context/live-traces.js'
import { CURSOR_FAILED, RESPONSE_HEAD } from './context/recorded-ends.js'
import { recordTraces } from './context/recorded-traces.js'
import { KEY, signTrace } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'

afterEach(() => setNotifier(undefined))

type Headers = Readonly<Record<string, string>>

/** Creates the event with which API Gateway calls a function. */
function createGatewayEvent(headers: Headers): object {
  const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  const identity = { sourceIp: '127.0.0.1' }
  const request = {
    identity,
    httpMethod: 'GET',
    path: '/',
    resourcePath: '/',
    stage: 'test',
    requestId: '1',
    apiId: '1',
  }
  return {
    httpMethod: 'GET',
    resource: '/',
    path: '/',
    headers,
    multiValueHeaders,
    body: null,
    isBase64Encoded: false,
    requestContext: request,
  }
}

function createExpressApp(express: typeof express5): ReturnType<typeof express5> {
  const app = express()
  app.use(osprofilerMiddleware(KEY))
  app.get('/', (_req, res) => void res.json({ orders: 3 }))
  return app
}

function createKoaApp(): Koa {
  const app = new Koa()
  app.use(koaMiddleware(KEY))
  app.use(ctx => {
    ctx.body = { orders: 3 }
  })
  return app
}

const express4App = (): ReturnType<typeof express5> => createExpressApp(express4 as unknown as typeof express5)
const traced = osprofilerMiddleware(KEY)

const callServerless = (app: Parameters<typeof serverless>[0]) => (headers: Headers) =>
  serverless(app)(createGatewayEvent(headers), {})
const callExpress = (app: ReturnType<typeof express5>) => (headers: Headers) =>
  configure({ app })(createGatewayEvent(headers), {}, () => {})

const WAYS = [
  { way: 'serverless-http for Express 5', call: callServerless(createExpressApp(express5)) },
  { way: 'serverless-http for Express 4', call: callServerless(express4App()) },
  { way: 'serverless-http for Koa', call: callServerless(createKoaApp()) },
  { way: 'serverless-express for Express 5', call: callExpress(createExpressApp(express5)) },
  { way: 'serverless-express for Express 4', call: callExpress(express4App()) },
  {
    way: 'light-my-request',
    call: (headers: Headers) =>
      inject((req, res) => traced(req as never, res as never, () => res.end()), { url: '/', headers }),
  },
  {
    way: 'node-mocks-http',
    call: async (headers: Headers) => {
      const { req, res } = createMocks({ url: '/', headers }, { eventEmitter: EventEmitter })
      const lowered = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
      Object.assign(req, { headers: lowered })
      traced(req, res, () => res.end())
    },
  },
  {
    way: 'a response that has no connection',
    call: async (headers: Headers) => {
      const req = new IncomingMessage(new Socket())
      for (const [name, value] of Object.entries(headers)) req.headers[name.toLowerCase()] = value
      const res = new ServerResponse(req)
      traced(req, res, () => res.end())
      res.emit('finish')
    },
  },
]

describe('a request that comes through', () => {
  it.each(WAYS)('$way is recorded as served', async ({ call }) => {
    const traces = recordTraces()
    const liveBefore = countLiveTraces()
    const { baseId, headers } = signTrace()

    await call(headers)

    const records = await traces.whenServed(baseId)
    await pause(20)
    expect(outlineTrace(traces.of(baseId))).toBe('wsgi')
    const { host, request: route, points, ...info } = records.at(-1)?.info ?? {}
    expect(info).toEqual(RESPONSE_HEAD)
    expect(countLiveTraces()).toBe(liveBefore)
  })
})

describe('an injected request whose response fails halfway', () => {
  it("is recorded with the response's error in Fastify", async () => {
    const traces = recordTraces()
    const app = fastify()
    await app.register(osprofiler, { hmacKeys: KEY })
    app.get('/', (_request, reply) => reply.send(Readable.from(generateFailingRows())))
    const { baseId, headers } = signTrace()

    await app.inject({ url: '/', headers }).catch(() => {})

    const records = await traces.whenServed(baseId)
    expect(records.at(-1)?.info).toMatchObject({ ...RESPONSE_HEAD, ...CURSOR_FAILED })
    await app.close()
  })

  it("is recorded with the response's error in a pipeline", async () => {
    const traces = recordTraces()
    const { baseId, headers } = signTrace()

    await inject(
      (req, res) =>
        traced(req as never, res as never, () =>
          pipeline(Readable.from(generateFailingRows()), res as never, () => {}),
        ),
      { url: '/', headers },
    ).catch(() => {})

    const records = await traces.whenServed(baseId)
    expect(records.at(-1)?.info).toMatchObject(CURSOR_FAILED)
  })
})
