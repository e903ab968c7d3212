import http, { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import http2, { type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { createRequestTracer } from '@osprofiler/core/http'
import { signTicket } from '@osprofiler/core/toolkit'
import { osprofilerMiddleware } from '@osprofiler/express'
import { osprofiler } from '@osprofiler/fastify'
import { osprofilerMiddleware as koaMiddleware } from '@osprofiler/koa'
import compression from 'compression'
import express from 'express'
import { fastify } from 'fastify'
import Koa from 'koa'
import { afterEach, describe, expect, it } from 'vitest'
import { collectRecords } from './adapters/collect-records.js'
import { KEY, signTrace } from './context/signed-request.js'

collectRecords()
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/**
 * Returns the headers of a request whose ticket contains these wishes. The wish `answer` asks for a `Server-Timing`
 * header.
 */
function askingHeaders(wants: readonly string[] = ['answer']): Record<string, string> {
  const { headers } = signTrace()
  const iat = Date.now() / 1_000
  const info = headers['X-Trace-Info'] ?? ''
  const ticket = signTicket({ key: KEY, info, iat, exp: iat + 60, points: 100, wants })
  return { ...headers, 'X-Trace-Ticket': ticket }
}

interface Answer {
  readonly status: number
  /** Names and values of the headers, as they arrived. */
  readonly rawHeaders: readonly string[]
  readonly timing: string | undefined
  readonly body: string
}

function ask(port: number, headers: Record<string, string>, method = 'GET', path = '/'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', method, path, headers, agent: false }, response => {
      let body = ''
      response.setEncoding('latin1').on('data', chunk => {
        body += chunk
      })
      response.on('end', () => {
        const { statusCode: status = 0, rawHeaders } = response
        resolve({ status, rawHeaders, timing: response.headers['server-timing'] as string | undefined, body })
      })
    })
    request.on('error', reject).end()
  })
}

async function listen(listener: (req: IncomingMessage, res: ServerResponse) => void): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Returns the headers without `Server-Timing`, and without `Date`, which differs from call to call. */
function withoutTiming(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 && !/^(?:server-timing|date)$/i.test(name) ? [`${name}: ${rawHeaders[index + 1]}`] : [],
  )
}

type Write = (res: ServerResponse) => unknown

/** All ways in which a program can write the head of a response. */
const WAYS: Record<string, Write> = {
  'end() alone': res => res.end('ok'),
  'write() and end()': res => res.write('o') && res.end('k'),
  'flushHeaders()': res => {
    res.flushHeaders()
    res.end('ok')
  },
  'setHeader() and end()': res => res.setHeader('X-One', '1').end('ok'),
  'writeHead() with a status': res => res.writeHead(201).end('ok'),
  'writeHead() with a message': res => res.writeHead(200, 'Fine').end('ok'),
  'writeHead() with an object': res => res.writeHead(200, { 'X-One': '1', 'Set-Cookie': ['a=1', 'b=2'] }).end('ok'),
  'writeHead() with a message and an object': res => res.writeHead(200, 'Fine', { 'X-One': '1' }).end('ok'),
  'writeHead() with a flat list': res => res.writeHead(200, ['X-One', '1', 'X-One', '2']).end('ok'),
  'writeHead() with a list of pairs': res =>
    res
      .writeHead(200, [
        ['X-One', '1'],
        ['X-One', '2'],
      ] as unknown as string[])
      .end('ok'),
  'writeHead() after setHeader()': res => res.setHeader('X-Two', '2').writeHead(200, { 'X-One': '1' }).end('ok'),
  'writeHead() with an undefined message': res => res.writeHead(200, undefined, { 'X-One': '1' }).end('ok'),
  'a stream': res => Readable.from(['o', 'k']).pipe(res),
  'status 304': res => res.writeHead(304, { ETag: '"1"' }).end(),
  'status 204': res => res.writeHead(204).end(),
  'status 500': res => res.writeHead(500).end('broken'),
  '103 before the response': res => {
    res.writeEarlyHints({ link: '</style.css>; rel=preload' })
    res.end('ok')
  },
}

describe('the Server-Timing header over HTTP/1', () => {
  const serve = (write: Write) => {
    const tracer = createRequestTracer(KEY, { maxTracesPerSecond: 1e9 })
    return listen((req, res) => tracer.serve(req, res, () => void write(res)))
  }

  it.each(Object.entries(WAYS))('is the only change to a response that is written with %s', async (_, write) => {
    const port = await serve(write)

    const answered = await ask(port, askingHeaders())
    const silent = await ask(port, askingHeaders([]))

    expect(answered.timing).toMatch(/^osprofiler;desc="[0-9a-f-]{36}", total;dur=\d+\.\d$/)
    expect(silent.timing).toBeUndefined()
    expect({ ...answered, timing: undefined, rawHeaders: withoutTiming(answered.rawHeaders) }).toEqual({
      ...silent,
      rawHeaders: withoutTiming(silent.rawHeaders),
    })
  })

  it.each<[string, Write]>([
    ['setHeader()', res => res.setHeader('Server-Timing', 'cache;dur=1').end('ok')],
    ['a list', res => res.setHeader('Server-Timing', ['cache;dur=1']).end('ok')],
    ['an object', res => res.writeHead(200, { 'server-timing': 'cache;dur=1' }).end('ok')],
    ['a flat list', res => res.writeHead(200, ['SERVER-TIMING', 'cache;dur=1']).end('ok')],
  ])("keeps the program's own entries if the program sets the header with %s", async (_, write) => {
    const { timing, rawHeaders } = await ask(await serve(write), askingHeaders())

    expect(timing).toMatch(/^cache;dur=1, osprofiler;desc=".*", total;dur=[\d.]+$/)
    expect(rawHeaders.filter(name => /^server-timing$/i.test(name)).length).toBe(1)
  })

  it.each<[string, Write, boolean]>([
    ['public', res => res.setHeader('Cache-Control', 'public, max-age=60').end('ok'), false],
    ['s-maxage', res => res.writeHead(200, { 'cache-control': 'max-age=0,S-MAXAGE=60' }).end('ok'), false],
    ['public in a flat list', res => res.writeHead(200, ['Cache-Control', 'Public']).end('ok'), false],
    ['private', res => res.setHeader('Cache-Control', 'private, max-age=60').end('ok'), true],
    ['no-store', res => res.setHeader('Cache-Control', 'no-store').end('ok'), true],
    ['x-public-key, which is not public', res => res.setHeader('Cache-Control', 'x-public-key=1').end('ok'), true],
  ])('is sent only if no shared cache may store the response: %s', async (_, write, isSent) => {
    const { timing } = await ask(await serve(write), askingHeaders())

    expect(timing !== undefined).toBe(isSent)
  })

  it('names at most eight points, in printable ASCII only', async () => {
    const { withTrace } = await import('@osprofiler/core')
    const tracer = createRequestTracer(KEY)
    const names = ['a b', 'q"\\', 'ключ', '', '\u001b[31m', ...Array.from({ length: 9 }, (_, index) => `name-${index}`)]
    const port = await listen((req, res) =>
      tracer.serve(req, res, () => {
        for (const name of names) withTrace(name, {}, () => undefined)
        res.end('ok')
      }),
    )

    const { timing = '' } = await ask(port, askingHeaders())

    expect(timing).toMatch(/^[ -~]+$/)
    const entry = /[\w!#$%&'*+.^`|~-]+;(?:dur=\d+\.\d;)?(?:dur=\d+\.\d|desc="(?:[^"\\]|\\["\\])*")/
    expect(timing).toMatch(new RegExp(`^${entry.source}(?:, ${entry.source}){9}$`))
  })
})

describe('the Server-Timing header over HTTP/2', () => {
  const serve = async (write: (res: Http2ServerResponse) => unknown) => {
    const tracer = createRequestTracer(KEY, { maxTracesPerSecond: 1e9 })
    const server = http2.createServer((req: Http2ServerRequest, res: Http2ServerResponse) =>
      tracer.serve(req, res, () => void write(res)),
    )
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    closers.push(
      () => client.close(),
      () => server.close(),
    )
    return (headers: Record<string, string>) =>
      new Promise<http2.IncomingHttpHeaders>((resolve, reject) => {
        const stream = client.request(headers)
        stream.on('error', reject).on('response', resolve)
        stream.resume().end()
      })
  }

  it.each<[string, (res: Http2ServerResponse) => unknown]>([
    ['end() alone', res => res.end('ok')],
    ['writeHead() with an object', res => res.writeHead(200, { 'x-one': '1' }).end('ok')],
    ['flushHeaders()', res => Reflect.apply(Reflect.get(res, 'flushHeaders'), res, []) ?? res.end('ok')],
    ['a stream', res => Readable.from(['o', 'k']).pipe(res)],
    ['the stream itself', res => res.stream.respond({ ':status': 200, 'x-one': '1' }) ?? res.stream.end('ok')],
    ['status 304', res => res.writeHead(304).end()],
    ['its own Server-Timing header', res => res.writeHead(200, { 'server-timing': 'cache;dur=1' }).end('ok')],
  ])('is the only change to a response that is written with %s', async (_, write) => {
    const request = await serve(write)

    const { 'server-timing': timing, date: _date, ...answered } = await request(askingHeaders())
    const { 'server-timing': own, date: _other, ...silent } = await request(askingHeaders([]))

    expect(timing).toMatch(/osprofiler;desc="[0-9a-f-]{36}", total;dur=\d+\.\d$/)
    expect(String(timing).startsWith(String(own ?? 'osprofiler'))).toBe(true)
    expect(answered).toEqual(silent)
  })

  it('is not sent if a shared cache may store the response', async () => {
    const request = await serve(res => res.writeHead(200, { 'cache-control': 'public' }).end('ok'))

    expect((await request(askingHeaders()))['server-timing']).toBeUndefined()
  })
})

describe('the Server-Timing header in a framework', () => {
  const FRAMEWORKS: Record<string, () => Promise<number>> = {
    async express() {
      const app = express()
      app.use(osprofilerMiddleware(KEY), compression({ threshold: 0 }))
      app.get('/', (_req, res) => void res.json({ fine: true }))
      app.get('/stream', (_req, res) => void Readable.from(['streamed']).pipe(res))
      app.get('/error', () => {
        throw new Error('broken')
      })
      app.use((_error: unknown, _req: unknown, res: express.Response, _next: unknown) => void res.status(500).end('no'))
      return await listen(app)
    },
    async koa() {
      const app = new Koa()
      app.silent = true
      app.use(koaMiddleware(KEY))
      app.use(ctx => {
        if (ctx.path === '/error') throw new Error('broken')
        ctx.body = ctx.path === '/stream' ? Readable.from(['streamed']) : { fine: true }
      })
      return await listen(app.callback())
    },
    async fastify() {
      const app = fastify()
      await app.register(osprofiler, { hmacKeys: KEY })
      app.get('/', async () => ({ fine: true }))
      app.get('/stream', (_request, reply) => reply.send(Readable.from(['streamed'])))
      app.get('/error', async () => {
        throw new Error('broken')
      })
      await app.listen({ port: 0, host: '127.0.0.1' })
      closers.push(() => app.close())
      return (app.server.address() as AddressInfo).port
    },
  }

  describe.each(Object.keys(FRAMEWORKS))('%s', name => {
    it.each([
      ['/', 200],
      ['/stream', 200],
      ['/error', 500],
      ['/nothing', name === 'koa' ? 200 : 404],
    ])('is sent in the response to %s', async (path, status) => {
      const port = (await FRAMEWORKS[name]?.()) ?? 0
      for (const method of ['GET', 'HEAD']) {
        const answer = await ask(port, askingHeaders(), method, path)
        expect({ status: answer.status, timing: answer.timing }).toEqual({
          status,
          timing: expect.stringMatching(/^osprofiler;desc="[0-9a-f-]{36}", total;dur=[\d.]+/),
        })
        expect((await ask(port, askingHeaders([]), method, path)).timing).toBeUndefined()
      }
    })
  })
})
