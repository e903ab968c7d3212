import { pipeline, Readable } from 'node:stream'
import { setNotifier } from '@osprofiler/core'
import { afterEach, describe, expect, it } from 'vitest'
import { CursorFailed, failingRows } from './context/failing-rows.js'
import { fastifyApp } from './context/fastify-app.js'
import type { Listening, RawRoute } from './context/framework.js'
import { frameworks } from './context/frameworks.js'
import { createGate } from './context/gate.js'
import { later, type Situation } from './context/situation.js'
import { type ClientOptions, stopOfRequest } from './context/stop-of-request.js'
import { CLIENT, CURSOR, HEAD, SERVER } from './context/told-ends.js'

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

const leaving: ClientOptions = { act: req => later(() => req.destroy()) }
const leavingWithData: ClientOptions = { read: req => req.destroy() }
const cursorFailed = (): CursorFailed => new CursorFailed('cursor failed')

const SITUATIONS: readonly Situation[] = [
  { what: 'is sent whole', route: (_, res) => res.end('whole'), told: HEAD },
  {
    what: 'is sent whole as a stream',
    route: (_, res) => pipeline(Readable.from(['a', 'b']), res, () => {}),
    told: HEAD,
  },
  {
    what: 'fails half way in a pipeline',
    route: (_, res) => pipeline(Readable.from(failingRows()), res, () => {}),
    told: { ...HEAD, ...CURSOR },
  },
  {
    what: 'fails half way in a pipe, and is destroyed without the error',
    route: (_, res) => {
      const rows = Readable.from(failingRows())
      rows.on('error', () => res.destroy()).pipe(res)
    },
    told: { ...HEAD, ...CURSOR },
  },
  {
    what: 'fails half way in a pipe, and hangs until its client leaves',
    route: (_, res) => {
      const rows = Readable.from(failingRows())
      rows.on('error', () => res.write('no more rows')).pipe(res)
    },
    client: { read: (req, text) => text.includes('no more') && req.destroy() },
    told: { ...HEAD, ...CURSOR },
  },
  {
    what: 'fails half way in a pipe, and is ended well by its program',
    route: (_, res) => {
      const rows = Readable.from(failingRows())
      rows.on('error', () => res.end('no more rows')).pipe(res)
    },
    told: HEAD,
  },
  {
    what: 'is destroyed with an error',
    route: (_, res) => later(() => res.destroy(cursorFailed())),
    told: CURSOR,
  },
  {
    what: 'is destroyed with the network error of another connection',
    route: (_, res) => later(() => res.destroy(Object.assign(cursorFailed(), { syscall: 'read' }))),
    told: CURSOR,
  },
  {
    what: 'is destroyed after its head',
    route: (_, res) => void (res.write('a') && later(() => res.destroy())),
    told: { ...HEAD, ...SERVER },
  },
  { what: 'is destroyed before its head', route: (_, res) => later(() => res.destroy()), told: SERVER },
  { what: 'loses its connection to the program', route: req => later(() => req.socket.destroy()), told: SERVER },
  {
    what: 'loses its connection to an error of the program',
    route: req => later(() => req.socket.destroy(cursorFailed())),
    told: CURSOR,
  },
  {
    what: 'loses its connection to a server that closes all',
    route: () => later(() => server && 'closeAllConnections' in server.server && server.server.closeAllConnections()),
    told: SERVER,
  },
  {
    what: 'is left by its client before its head',
    route: () => {},
    client: leaving,
    told: CLIENT,
  },
  {
    what: 'is left by its client, its head made but not sent',
    route: (_, res) => res.writeHead(200),
    client: leaving,
    told: CLIENT,
  },
  {
    what: 'is left by its client after early hints',
    route: (_, res) => res.writeEarlyHints({ link: '</style.css>; rel=preload' }),
    client: leaving,
    told: CLIENT,
  },
  {
    what: 'is left by its client after its head',
    route: (_, res) => res.write('a'),
    client: leavingWithData,
    told: { ...HEAD, ...CLIENT },
  },
  {
    what: 'is reset by its client',
    route: () => {},
    client: { act: (_, socket) => later(() => socket.resetAndDestroy()) },
    told: CLIENT,
  },
  {
    what: 'is left by its client in the middle of a body that is read',
    route: (req, res) => pipeline(req, res, () => {}),
    client: { ...leavingWithData, halfBody: 'half' },
    told: { ...HEAD, ...CLIENT },
  },
  {
    what: 'is left by its client, and its program destroys it with an error for that',
    route: (req, res) => void (res.write('a') && req.on('aborted', () => res.destroy(cursorFailed()))),
    client: leavingWithData,
    told: { ...HEAD, ...CLIENT },
  },
  {
    what: 'gets garbage from its client in the middle of a body',
    route: req => req.on('error', () => {}).resume(),
    client: { halfBody: 'half', act: (_, socket) => later(() => socket.write('no chunk\r\n')) },
    told: { etype: 'Error', message: expect.stringContaining('Parse Error') },
  },
  {
    what: 'is written over the connection by the program itself',
    route: req => void (req.socket.write('HTTP/1.1 200 OK\r\n\r\nwritten by hand') && later(() => req.socket.end())),
    told: {},
  },
]

describe.each(frameworks)('a response of $name', framework => {
  // Fastify reads a body before its handler.
  const possible = SITUATIONS.filter(({ client }) => framework !== fastifyApp || client?.halfBody === undefined)

  it.each(possible)('that $what says so in its stop, once', async ({ route, told, client }) => {
    const answer: RawRoute = (req, res) => {
      // Koa sets 404 before its handlers.
      res.statusCode = 200
      route(req, res)
      reached.open()
    }
    const reached = createGate()
    server = await framework.serve({ rawRoutes: { '/': answer } })

    const info = await stopOfRequest(server, client, reached.opened)

    expect(info).toEqual(told)
  })
})
