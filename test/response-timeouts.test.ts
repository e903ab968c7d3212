import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { setNotifier } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import { osprofiler } from '@osprofiler/fastify'
import { fastify } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { CursorFailed } from './context/failing-rows.js'
import { type Listening, listen, type RawRoute } from './context/framework.js'
import { frameworks } from './context/frameworks.js'
import { createGate } from './context/gate.js'
import {
  CLIENT_DISCONNECTED,
  CURSOR_FAILED,
  RESPONSE_ABORTED,
  RESPONSE_HEAD,
  SERVER_TIMEOUT,
} from './context/recorded-ends.js'
import { recordTraces } from './context/recorded-traces.js'
import { KEY, signTrace } from './context/signed-request.js'
import { later, type Situation } from './context/situation.js'
import { readRequestStop } from './context/stop-of-request.js'

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

const never: RawRoute = () => {}

const SITUATIONS: readonly Situation[] = [
  { what: 'has its own time-out', route: (_, res) => res.setTimeout(10), recorded: SERVER_TIMEOUT },
  {
    what: 'times out after its headers',
    route: (_, res) => void (res.write('a') && later(() => res.setTimeout(10))),
    recorded: { ...RESPONSE_HEAD, ...SERVER_TIMEOUT },
  },
  {
    what: "exceeds the server's time limit",
    route: never,
    prepare: node => node.setTimeout(400),
    recorded: SERVER_TIMEOUT,
  },
  {
    what: 'times out in a server that destroys the connection',
    route: never,
    prepare: node => node.setTimeout(400, socket => socket.destroy()),
    recorded: SERVER_TIMEOUT,
  },
  {
    what: 'times out in a server that destroys the connection a little later',
    route: never,
    prepare: node => node.setTimeout(400, socket => later(() => socket.destroy())),
    recorded: SERVER_TIMEOUT,
  },
  {
    what: "exceeds the connection's time limit",
    route: req => req.socket.setTimeout(10, () => req.socket.destroy()),
    recorded: SERVER_TIMEOUT,
  },
  {
    what: 'times out, and the program answers directly over the connection',
    route: (req, res) => res.setTimeout(10, () => req.socket.end('HTTP/1.1 408 Request Timeout\r\n\r\n')),
    recorded: SERVER_TIMEOUT,
  },
  {
    what: 'is destroyed with an error by the listener of its time-out',
    route: (_, res) => res.setTimeout(10, () => res.destroy(new CursorFailed('cursor failed'))),
    recorded: CURSOR_FAILED,
  },
  {
    what: 'is sent by the listener of its time-out',
    route: (_, res) => res.setTimeout(10, () => res.writeHead(503).end()),
    recorded: { response: expect.objectContaining({ status_code: 503 }) },
  },
  {
    what: 'outlives a time-out until its client disconnects',
    route: (_, res) => res.setTimeout(5, () => {}),
    client: { act: req => setTimeout(() => req.destroy(), 40) },
    recorded: CLIENT_DISCONNECTED,
  },
  {
    what: 'outlives a time-out, and is destroyed for another reason much later',
    route: (_, res) => res.setTimeout(5, () => setTimeout(() => res.destroy(), 1_300)),
    recorded: RESPONSE_ABORTED,
  },
  {
    what: 'outlives a time-out, continues, and is destroyed',
    route: (_, res) =>
      res.setTimeout(5, () => {
        res.write('a')
        later(() => res.destroy())
      }),
    recorded: { ...RESPONSE_HEAD, ...RESPONSE_ABORTED },
  },
]

describe.each(frameworks)('a response of $name', framework => {
  it.each(SITUATIONS)(
    'that $what has its outcome in the info of the stop record',
    async ({ route, recorded, prepare, client }) => {
      const answer: RawRoute = (req, res) => {
        // Koa sets the status to 404 before it calls the handlers.
        res.statusCode = 200
        route(req, res)
        reached.open()
      }
      const reached = createGate()
      server = await framework.serve({ rawRoutes: { '/': answer } })
      prepare?.(server.server as Server)

      const info = await readRequestStop(server, client, reached.opened)

      expect(info).toEqual(recorded)
    },
  )
})

describe('a time-out', () => {
  const traced = osprofilerMiddleware(KEY)

  it('of a connection to Fastify is recorded as caused by the server', async () => {
    const app = fastify({ connectionTimeout: 400 })
    await app.register(osprofiler, { hmacKeys: KEY })
    app.get('/', () => new Promise(() => {}))
    await app.listen({ port: 0, host: '127.0.0.1' })
    server = await listen(app.server, () => app.close())

    const info = await readRequestStop(server)

    expect(info).toEqual(SERVER_TIMEOUT)
  })

  it.each([
    { answer: 'by Node', listener: undefined },
    { answer: 'by the program', listener: 'HTTP/1.1 408 Request Timeout\r\n\r\n' },
  ])(
    'for an incomplete body is recorded as caused by the server, even if it is answered $answer',
    async ({ listener }) => {
      const node = createServer(
        { requestTimeout: 20, headersTimeout: 20, connectionsCheckingInterval: 10 },
        (req, res) => traced(req, res, () => req.on('error', () => {}).resume()),
      )
      if (listener) node.on('clientError', (_error, socket) => socket.writable && socket.end(listener))
      server = await listen(node)

      const info = await readRequestStop(server, { halfBody: 'half' })

      expect(info).toEqual(listener ? RESPONSE_ABORTED : SERVER_TIMEOUT)
    },
  )

  it('of a pipelined connection is recorded for each request that waits for its turn', async () => {
    const traces = recordTraces()
    const node = createServer((req, res) => traced(req, res, () => {}))
    node.setTimeout(400)
    server = await listen(node)
    const requests = [signTrace(), signTrace()]
    const client = connect(Number(new URL(server.url).port), '127.0.0.1')

    for (const { headers } of requests) {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
      client.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${lines.join('\r\n')}\r\n\r\n`)
    }
    client.resume()
    await once(client, 'close')

    for (const { baseId } of requests) {
      const records = await traces.whenServed(baseId)
      expect(records.at(-1)?.info).toMatchObject(SERVER_TIMEOUT)
      expect(records.at(-1)?.info).not.toHaveProperty('response')
    }
  })
})
