import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type RequestListener, request } from 'node:http'
import * as http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { setNotifier } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, signTrace } from '../../../test/context/signed-request.js'

const DELAY_MS = 40
/** The shortest delay that the tests accept, because timers may fire a little early. */
const MIN_DELAY_MS = DELAY_MS - 2

afterEach(() => setNotifier(undefined))

interface Response {
  readonly status_code: number
  readonly first_byte_ms?: number
  readonly ended_ms?: number
  readonly body_bytes?: number
}

/** Serves one signed request over HTTP/1, and returns the response in the stop record of its point. */
async function respond(handle: RequestListener, read = readAll): Promise<Response> {
  const tracer = createRequestTracer(KEY)
  const server = createServer((req, res) => tracer.serve(req, res, () => handle(req, res))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const traces = recordTraces()
  const { baseId, headers } = signTrace()
  const sent = request({ port, host: '127.0.0.1', headers, agent: false }).end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  await read(answer)
  const records = await traces.whenServed(baseId)
  server.closeAllConnections()
  server.close()
  return records.at(-1)?.info.response as Response
}

async function readAll(answer: IncomingMessage): Promise<void> {
  await once(answer.resume(), 'end')
}

it('an untraced response gets no own property `_send`', async () => {
  const tracer = createRequestTracer(KEY)
  let names: PropertyKey[] = []
  const server = createServer((req, res) =>
    tracer.serve(req, res, () => {
      names = Reflect.ownKeys(res)
      res.end()
    }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')

  const [answer] = (await once(get({ port: (server.address() as AddressInfo).port, agent: false }), 'response')) as [
    IncomingMessage,
  ]
  await readAll(answer)

  expect(names).not.toContain('_send')
  server.close()
})

describe('an HTTP/1 response', () => {
  it('is recorded with the time of its first byte, the time when the program ended it, and its size', async () => {
    const response = await respond(async (_, res) => {
      res.setHeader('content-length', 1_500)
      await pause(DELAY_MS)
      res.write('a'.repeat(1_000))
      await pause(DELAY_MS)
      res.end('b'.repeat(500))
    })

    expect(response).toMatchObject({ status_code: 200, body_bytes: 1_500 })
    expect(response.first_byte_ms).toBeGreaterThanOrEqual(MIN_DELAY_MS)
    expect(response.ended_ms).toBeGreaterThanOrEqual((response.first_byte_ms ?? Number.NaN) + MIN_DELAY_MS)
  })

  it('is recorded with a size that includes the framing of chunks', async () => {
    const { body_bytes: bytes = 0 } = await respond(async (_, res) => {
      res.write('a'.repeat(1_000))
      await pause(DELAY_MS)
      res.end('b'.repeat(500))
    })

    expect(bytes).toBeGreaterThan(1_500)
    expect(bytes).toBeLessThan(1_550)
  })

  it('is recorded with the time of its first byte at the first write(), not at the call of writeHead()', async () => {
    const response = await respond(async (_, res) => {
      res.writeHead(200, { 'content-length': 2 })
      await pause(DELAY_MS)
      res.write('a')
      await pause(DELAY_MS)
      res.end('b')
    })

    expect(response.first_byte_ms).toBeGreaterThanOrEqual(MIN_DELAY_MS)
    expect(response.body_bytes).toBe(2)
  })

  it('is recorded as ended by the program long before a slow client has read it', async () => {
    const size = 20_000_000

    const response = await respond(
      (_, res) => res.setHeader('content-length', size).end(Buffer.alloc(size)),
      async answer => {
        await pause(DELAY_MS)
        await readAll(answer)
      },
    )

    expect(response.body_bytes).toBe(size)
    expect(response.ended_ms).toBeLessThan((response.first_byte_ms ?? 0) + DELAY_MS)
  })

  it('keeps the functions with which other code wraps `_send`', async () => {
    const seen: string[] = []

    const response = await respond(async (_, res) => {
      const wrapped = res as typeof res & { _send: (...args: unknown[]) => unknown }
      const send = wrapped._send
      wrapped._send = function (this: unknown, ...args) {
        seen.push('sent')
        return send.apply(this as never, args)
      }
      res.write('a')
      await pause(DELAY_MS)
      res.end('b')
    })

    expect(seen.length).toBeGreaterThan(1)
    expect(response.first_byte_ms).toEqual(expect.any(Number))
  })

  it('is recorded without a size if it is pipelined behind another response', async () => {
    const tracer = createRequestTracer(KEY)
    const handle: RequestListener = async (_, res) => {
      await pause(DELAY_MS)
      res.write('a')
      await pause(DELAY_MS)
      res.end('b')
    }
    const server = createServer((req, res) => tracer.serve(req, res, () => handle(req, res))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const traces = recordTraces()
    const signed = [signTrace(), signTrace()]
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').resume()

    for (const { headers } of signed) {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n`)
    }

    const [first, second] = await Promise.all(signed.map(({ baseId }) => traces.whenServed(baseId)))
    expect(first?.at(-1)?.info.response).toHaveProperty('body_bytes')
    expect(second?.at(-1)?.info.response).not.toHaveProperty('body_bytes')
    socket.destroy()
    server.close()
  })

  it('is recorded without a size if its client disconnected', async () => {
    const response = await respond(
      async (_, res) => {
        res.write('a')
        await once(res, 'close')
      },
      async answer => {
        await pause(DELAY_MS)
        answer.destroy()
      },
    )

    expect(response.first_byte_ms).toEqual(expect.any(Number))
    expect(response).not.toHaveProperty('body_bytes')
  })
})

describe('an HTTP/2 response', () => {
  async function respondOverHttp2(
    handle: (req: http2.Http2ServerRequest, res: http2.Http2ServerResponse) => void,
    method = 'GET',
  ): Promise<Response> {
    const tracer = createRequestTracer(KEY)
    const server = http2.createServer((req, res) => tracer.serve(req, res, () => handle(req, res)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => {
      session.destroy()
      server.close()
    })
    const traces = recordTraces()
    const { baseId, headers } = signTrace()
    session
      .request({ ':path': '/', ':method': method, ...headers })
      .resume()
      .end()
    const records = await traces.whenServed(baseId)
    return records.at(-1)?.info.response as Response
  }

  it('is recorded with the time of its first byte, and with its size if it has a content-length header', async () => {
    const response = await respondOverHttp2(async (_, res) => {
      await pause(DELAY_MS)
      res.setHeader('content-length', 2)
      res.write('a')
      await pause(DELAY_MS)
      res.end('b')
    })

    expect(response).toMatchObject({ status_code: 200, body_bytes: 2 })
    expect(response.first_byte_ms).toBeGreaterThanOrEqual(MIN_DELAY_MS)
  })

  it.each([
    ['it has no content-length header', 'GET', {}],
    ['it responds to a HEAD request', 'HEAD', { 'content-length': 2 }],
  ])('is recorded without a size if %s', async (_, method, headers) => {
    const response = await respondOverHttp2(async (_req, res) => {
      res.stream.respond({ ':status': 200, ...headers })
      await pause(DELAY_MS)
      if (method === 'HEAD') res.stream.end()
      else res.stream.end('ab')
    }, method)

    expect(response).not.toHaveProperty('body_bytes')
  })
})
